//! Every reading, as the driver gives it and as it refuses it.

use super::command::{gpu, json};
use super::standin::{Standin, old_library};
use serde_json::{Value, json};
use std::process::{Command, Stdio};

const MIB: u64 = 1 << 20;

/// Every query of a card that can fail alone: key of the stand-in, fields it feeds.
const QUERIES: [(&str, &[&str]); 18] = [
    ("name", &["name"]),
    ("uuid", &["uuid"]),
    ("capability", &["compute_capability"]),
    ("total", &["memory_total_bytes", "memory_used_bytes", "memory_free_bytes", "memory_reserved_bytes", "ledger"]),
    ("util", &["utilization_gpu_percent", "utilization_memory_percent"]),
    ("temp", &["temperature_celsius"]),
    ("power", &["power_watts"]),
    ("limit", &["power_limit_watts"]),
    ("clock", &["clock_graphics_mhz"]),
    ("memclock", &["clock_memory_mhz"]),
    ("throttle", &["throttle"]),
    ("pciegen", &["pcie_generation"]),
    ("pciewidth", &["pcie_width"]),
    ("rx", &["pcie_rx_kib_per_second"]),
    ("tx", &["pcie_tx_kib_per_second"]),
    ("pstate", &["performance_state"]),
    ("fan0", &["fan_percent"]),
    ("proc", &["processes"]),
];

/// Fails the query; those that answer when a sister does fail with her.
fn failing(key: &str, code: u32) -> String {
    let sisters = match key {
        "fan0" => format!("fail fan1 {code}\n"),
        "proc" => format!("fail gproc {code}\n"),
        _ => String::new(),
    };
    format!("fail {key} {code}\n{sisters}")
}

#[test]
fn a_whole_card() {
    let mut child = Command::new("sleep").arg("600").stdin(Stdio::null()).spawn().unwrap();
    let pid = child.id();
    let standin = Standin::new(&format!(
        "used 5000\nreserved 400\ntotal 16000\nutil 71\nmemutil 48\ntemp 61\npower 212500\nlimit 360000\nfan0 40\nfan1 45\n\
         clock 2610\nmemclock 15001\nthrottle 37\nrx 1200\ntx 100\npstate 0\n\
         proc {pid} 3000\ngproc {pid} 3000\ngproc 4194304 10\nproc 4194303 -\npname 4194304 /opt/x/elsewhere\n"
    ));
    let value = json(standin.env());
    let _ = child.kill().and_then(|()| child.wait());
    assert_eq!(
        (&value["source"], &value["driver_version"], &value["cuda_version"]),
        (&json!("nvml"), &json!("580.95.05"), &json!("13.0"))
    );
    let card = &value["cards"][0];
    for (field, expected) in [
        ("index", json!(0)),
        ("name", json!("NVIDIA GeForce RTX 5080")),
        ("uuid", json!("GPU-00000000-0000-0000-0000-000000000000")),
        ("compute_capability", json!("12.0")),
        ("memory_total_bytes", json!(16_000 * MIB)),
        ("memory_used_bytes", json!(5_000 * MIB)),
        ("memory_free_bytes", json!(10_600 * MIB)),
        ("memory_reserved_bytes", json!(400 * MIB)),
        ("utilization_gpu_percent", json!(71)),
        ("utilization_memory_percent", json!(48)),
        ("temperature_celsius", json!(61)),
        ("power_watts", json!(212.5)),
        ("power_limit_watts", json!(360.0)),
        ("clock_graphics_mhz", json!(2610)),
        ("clock_memory_mhz", json!(15001)),
        ("throttle", json!(["power limit", "too warm (software)"])),
        ("fan_percent", json!(43)),
        ("pcie_generation", json!(5)),
        ("pcie_width", json!(16)),
        ("pcie_rx_kib_per_second", json!(1200)),
        ("pcie_tx_kib_per_second", json!(100)),
        ("performance_state", json!(0)),
        ("partition", json!("whole")),
    ] {
        assert_eq!(card[field], expected, "{field}");
    }
    let processes = card["processes"].as_array().unwrap();
    let of = |pid: u32| processes.iter().find(|process| process["pid"] == pid).unwrap();
    let own = of(pid);
    assert_eq!((&own["name"], &own["command"], &own["use"]), (&json!("sleep"), &json!("sleep 600"), &json!("both")));
    assert_eq!((&own["used_bytes"], &own["own"], &own["run"]), (&json!(3000 * MIB), &json!(true), &Value::Null));
    let elsewhere = of(4_194_304);
    assert_eq!(
        (&elsewhere["name"], &elsewhere["own"], &elsewhere["use"]),
        (&json!("elsewhere"), &json!(false), &json!("graphics"))
    );
    assert_eq!(elsewhere["command_unknown"], "the process is not visible from here");
    let hidden = of(4_194_303);
    assert_eq!((&hidden["used_bytes"], &hidden["name"]), (&Value::Null, &Value::Null));
    assert!(hidden["used_bytes_unknown"].as_str().unwrap().contains("does not report memory per process"));
}

#[test]
fn each_query_fails_alone_and_says_why() {
    for (code, why) in [(3, "not supported by this card"), (4, "no permission")] {
        for (key, fields) in QUERIES {
            let standin = Standin::new(&failing(key, code));
            let value = json(standin.env());
            let card = value["cards"][0].as_object().unwrap();
            assert_eq!(value["source"], "nvml");
            for field in fields {
                assert_eq!(card[*field], Value::Null, "{field} with {key} failing");
                assert_eq!(card[&format!("{field}_unknown")], why, "{field}");
            }
            let unknown: Vec<&String> = card.keys().filter(|key| key.ends_with("_unknown")).collect();
            assert_eq!(unknown.len(), fields.len(), "nothing else is lost with {key}: {unknown:?}");
        }
    }
}

#[test]
fn an_old_library_lacks_functions_and_the_card_still_stands() {
    let standin = Standin::new("");
    let env = standin.env().into_iter().chain([("VRAMDECK_NVML_LIB", old_library().to_owned())]);
    let value = json(env);
    let card = &value["cards"][0];
    assert_eq!((&value["source"], &card["name"]), (&json!("nvml"), &json!("NVIDIA GeForce RTX 5080")));
    for (field, symbol) in [
        ("memory_used_bytes", "nvmlDeviceGetMemoryInfo_v2"),
        ("temperature_celsius", "nvmlDeviceGetTemperature"),
        ("fan_percent", "nvmlDeviceGetFanSpeed_v2"),
        ("processes", "nvmlDeviceGetComputeRunningProcesses_v3"),
        ("partition", "nvmlDeviceGetVirtualizationMode"),
    ] {
        assert_eq!(card[field], Value::Null, "{field}");
        assert_eq!(card[format!("{field}_unknown")], format!("the NVML library lacks {symbol}: driver too old"));
    }
}

#[test]
fn instances_of_a_divided_card_are_cards_and_virtual_ones_say_so() {
    let lines =
        "cards 2\n0.migs 3\n0.empty 1\n0.total 40000\n0/0.total 20000\n0/2.total 10000\n0/2.proc 77 500\n1.virtual 2\n";
    let standin = Standin::new(lines);
    let value = json(standin.env());
    let shape: Vec<(u64, &str, &Value, u64)> = value["cards"]
        .as_array()
        .unwrap()
        .iter()
        .map(|card| {
            let total = card["memory_total_bytes"].as_u64().unwrap() / MIB;
            (card["index"].as_u64().unwrap(), card["partition"].as_str().unwrap(), &card["parent_index"], total)
        })
        .collect();
    let (none, zero) = (Value::Null, json!(0));
    assert_eq!(
        shape,
        [
            (0, "mig_parent", &none, 40_000),
            (1, "virtual", &none, 16_303),
            (2, "mig_instance", &zero, 20_000),
            (3, "mig_instance", &zero, 10_000)
        ]
    );
    let cards = &value["cards"];
    assert_eq!(cards[1]["virtualization"], "vGPU guest");
    assert_eq!(cards[3]["uuid"], "MIG-00000000-0000-0000-0002-000000000000");
    assert_eq!(cards[3]["processes"][0]["used_bytes"], 500 * MIB);
    assert_eq!(cards[2]["processes"], json!([]));
}

#[test]
fn the_text_names_holders_and_reasons() {
    let standin = Standin::new(
        "used 5000\ngproc 4194303 -\ngproc 4194304 2000\npname 4194304 /usr/bin/trainer\nfail fan0 3\nfail fan1 3\n",
    );
    let output = gpu(&[], standin.env());
    let text = String::from_utf8(output.stdout).unwrap();
    for expected in [
        "driver 580.95.05   CUDA 13.0",
        "0 NVIDIA GeForce RTX 5080",
        "4.88 GiB used of 15.92 GiB, 10.63 GiB free",
        "driver 420 MiB",
        "fan          ? (not supported by this card)",
        "trainer",
        "unattributed 2.93 GiB (the driver does not report memory per process)",
    ] {
        assert!(text.contains(expected), "{expected} is not in\n{text}");
    }
}
