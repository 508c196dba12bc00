//! What model files and the hub say of models.

use crate::check::{problem, row};
use vramdeck::models::hub::{Asked, Choice, Repository, choose, gguf_sets, is_path, made};
use vramdeck::models::safetensors::{Header, Index, census};

/// A safetensors file, whole and by its header alone: refused with a reason, or sums that hold.
pub fn tensors(data: &[u8]) {
    for (read, head) in [(Header::read(data), None), (Header::parse(data), Some(data.len() as u64 + 8))] {
        let header = match read {
            Ok(header) => header,
            Err(why) => {
                row("why", &why.to_string());
                continue;
            }
        };
        let all: u64 = header.tensors.iter().map(|tensor| tensor.bytes()).sum();
        assert_eq!(all, header.data(), "tensors stand in a row");
        assert!(head.is_none_or(|head| head == header.head));
        let _ = header.check_size(data.len() as u64).map_err(|why| row("why", &why.to_string()));
        for layers in [None, Some(1)] {
            let census = census([&header, &header], layers);
            let sums = &census.sums;
            assert_eq!((sums.total, census.twice), (all, header.tensors.len() as u64), "each tensor counts once");
            assert_eq!(census.dtypes.values().sum::<u64>(), all);
            let layers: u64 = sums.layers.iter().sum();
            assert!(sums.embedding + sums.head + layers + sums.tower + sums.mtp <= all && sums.experts <= layers);
        }
    }
}

/// An index: names files beside it only.
pub fn index(data: &[u8]) {
    match Index::parse(data) {
        Ok(index) => assert!(index.files.iter().all(|file| is_path(file) && !file.contains('/')), "{index:?}"),
        Err(why) => row("why", &why),
    }
}

/// What the hub says of a repository: every name that is left can become a path.
pub fn hub_answer(data: &[u8]) {
    let repository = match Repository::parse(data, "Org/Name") {
        Ok(repository) => repository,
        Err(why) => return row("why", &why),
    };
    for file in &repository.files {
        assert!(is_path(&file.path) && [40, 64].contains(&file.blob.len()), "{file:?}");
        assert!(file.blob.bytes().all(|byte| byte.is_ascii_hexdigit()), "{file:?}");
    }
    for set in gguf_sets(&repository) {
        assert!(!set.files.is_empty() && set.files.iter().all(|file| file.bytes <= set.bytes()));
        let chosen = choose(&repository, &Choice::Gguf(set.label));
        assert!(chosen.map_or(!repository.left_out.is_empty(), |files| !files.is_empty()));
    }
    if let Err(told) = choose(&repository, &Choice::Transformer) {
        problem(&told);
    }
}

/// A list of repositories: every name that is left can be asked for.
pub fn hub_list(data: &[u8]) {
    match made(data) {
        Ok(list) => {
            for made in list {
                let asked = Asked::parse(&made.repo).unwrap();
                assert_eq!((asked.repo, asked.quant), (made.repo, None));
            }
        }
        Err(why) => row("why", &why),
    }
}

/// A name that a person writes: a usage problem, or parts that can become an address.
pub fn hub_name(data: &[u8]) {
    match Asked::parse(&String::from_utf8_lossy(data)) {
        Ok(asked) => {
            assert!(asked.repo.split('/').all(|part| is_path(part) && part.is_ascii()), "{asked:?}");
            assert!(asked.revision.split('/').all(is_path) && asked.revision.is_ascii(), "{asked:?}");
        }
        Err(told) => {
            assert_eq!(told.exit_code(), 2);
            problem(&told);
        }
    }
}
