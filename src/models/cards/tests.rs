use super::*;
use crate::base::units::GIB;

#[test]
fn the_file_is_sound() {
    let cards = data::parse(include_str!("../../../presets/gpus.toml")).unwrap();
    assert!(cards.len() > 90);
    for card in &cards {
        let gib = card.spec.total as f64 / GIB as f64;
        let share = gib / card.nominal_gb as f64;
        assert!((0.85..=1.0).contains(&share), "{}: {gib} of {}", card.spec.name, card.nominal_gb);
        let bandwidth = card.spec.bandwidth.unwrap();
        assert!((1e11..1e13).contains(&bandwidth), "{}", card.spec.name);
        assert!(card.spec.tensor_flops.is_none_or(|f| (1e13..3e15).contains(&f)), "{}", card.spec.name);
        let again = find_with(&card.spec.name, card.nominal_bytes()).unwrap();
        assert_eq!((again.name, again.bandwidth), (card.spec.name.clone(), card.spec.bandwidth));
    }
    assert!(data::parse("source = \"x\"\n[[card]]\nname = \"a\"\nsize = 1\n").is_err());
}

#[test]
fn names_meet() {
    for (typed, name, gigabytes) in [
        ("NVIDIA GeForce RTX 5080", "RTX 5080", 16),
        ("5080", "RTX 5080", 16),
        ("rtx5080", "RTX 5080", 16),
        ("RTX-5080", "RTX 5080", 16),
        ("4060 ti 16gb", "RTX 4060 Ti", 16),
        ("4060 ti 16 GB", "RTX 4060 Ti", 16),
        ("rtx4060ti", "RTX 4060 Ti", 8),
        ("RTX 4060 Ti 16GB", "RTX 4060 Ti", 16),
        ("h200", "H200", 141),
        ("NVIDIA H200", "H200", 141),
        ("NVIDIA H100 80GB HBM3", "H100", 80),
        ("NVIDIA H100 PCIe", "H100 PCIe", 80),
        ("NVIDIA A100-SXM4-40GB", "A100", 40),
        ("NVIDIA A100 80GB PCIe", "A100", 80),
        ("Tesla T4", "T4", 16),
        ("Tesla V100-SXM2-32GB", "V100", 32),
        ("NVIDIA RTX 6000 Ada Generation", "RTX 6000 Ada", 48),
        ("NVIDIA RTX PRO 6000 Blackwell Workstation Edition", "RTX PRO 6000 Blackwell", 96),
        ("NVIDIA RTX PRO 6000 Blackwell Max-Q Workstation Edition", "RTX PRO 6000 Blackwell Max-Q", 96),
        ("NVIDIA GeForce RTX 5090 Laptop GPU", "RTX 5090 Laptop", 24),
        ("4090 mobile", "RTX 4090 Laptop", 16),
        ("NVIDIA GB10", "GB10", 128),
        ("Quadro RTX 6000", "Quadro RTX 6000", 24),
        ("3060", "RTX 3060", 12),
    ] {
        let card = find_card(typed).unwrap_or_else(|| panic!("{typed} is not found"));
        assert_eq!((card.spec.name.as_str(), card.nominal_gb), (name, gigabytes), "{typed}");
    }
    for typed in ["", "GeForce", "RX 7900", "5080 24gb", "rtx", "16gb", "\u{1f0}", "gb"] {
        assert_eq!(find(typed), None, "{typed}");
    }
}

#[test]
fn memory_tells_apart() {
    for (total, name, bandwidth) in
        [(15 * GIB, "NVIDIA GeForce RTX 3080", 912e9), (10 * GIB, "RTX 3080", 760e9), (u64::MAX, "3060", 360e9)]
    {
        let spec = find_with(name, total).unwrap();
        assert_eq!((spec.total, spec.bandwidth), (total, Some(bandwidth)));
    }
}

#[test]
fn a_driver_tells_bandwidth() {
    let seen = Seen {
        name: "NVIDIA Something".to_owned(),
        total: GIB,
        compute: None,
        memory_clock_mhz: Some(15_001),
        bus_bits: Some(256),
    };
    assert_eq!(of_driver(&seen).unwrap().bandwidth, Some(960.064e9));
    assert!(of_driver(&Seen { bus_bits: None, ..seen.clone() }).is_err());
    let known = Seen { name: "RTX 5080".to_owned(), bus_bits: None, ..seen };
    assert_eq!(of_driver(&known).unwrap().bandwidth, Some(960e9));
}

#[test]
fn pci_express_has_its_rate() {
    for (name, low, high) in [("5080", 62e9, 64e9), ("4060", 15e9, 16e9), ("t4", 15e9, 16e9)] {
        let rate = find_card(name).unwrap().pcie_bandwidth().unwrap();
        assert!((low..high).contains(&rate), "{name}: {rate}");
    }
    assert_eq!(find_card("gb10").unwrap().pcie_bandwidth(), None);
}

#[test]
fn a_name_that_several_cards_share_means_all_of_them() {
    for (typed, sizes) in [
        ("4060 Ti", &[8, 16][..]),
        ("RTX 4060 Ti 16", &[16]),
        ("4060ti 8", &[8]),
        ("4060 Ti 16GiB", &[16]),
        ("RTX 4060 Ti 16 GB", &[16]),
        ("RTX 4060 Ti 13", &[]),
        ("A100", &[40, 80]),
        ("A100 80", &[80]),
        ("A100-80", &[80]),
        ("NVIDIA A100-SXM4-40GB", &[40]),
        ("RTX PRO 6000", &[96]),
        ("5080", &[16]),
        ("5080 24", &[]),
        ("RTX 5080 16", &[16]),
        ("RTX 3050 Laptop 6", &[6]),
        ("16", &[]),
        ("80 80", &[]),
        ("", &[]),
        ("é 16", &[]),
    ] {
        let mut found: Vec<u64> = meant(typed).iter().map(|card| card.nominal_gb).collect();
        found.sort_unstable();
        assert_eq!(found, sizes, "{typed}");
    }
    // Every card is reached by its own name with its memory.
    for card in all() {
        for typed in
            [format!("{} {}", card.spec.name, card.nominal_gb), format!("{} {} GB", card.spec.name, card.nominal_gb)]
        {
            assert!(meant(&typed).iter().any(|found| found.spec == card.spec), "{typed}");
        }
    }
}
