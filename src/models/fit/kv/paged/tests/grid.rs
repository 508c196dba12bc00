//! What vLLM's own functions answer, figure by figure.

use super::super::{Paged, PagedAsk};
use super::layouts::named;
use crate::models::fit::{KvDtype, Version};

const TABLE: &str = include_str!("../../../../../../tests/models/kv/vllm-0.32.tsv");

/// The figures of one row: block size, bytes a block, blocks, tokens, bytes needed, longest context.
#[derive(Debug, PartialEq)]
struct Figures([u64; 6]);

fn row(line: &str) -> (Figures, Figures) {
    let cells: Vec<&str> = line.split('\t').collect();
    let number = |at: usize| cells[at].parse::<u64>().unwrap_or_else(|_| panic!("{line}: column {at}"));
    let kv_dtype = match cells[2] {
        "fp8" => KvDtype::Fp8,
        "nvfp4" => KvDtype::Nvfp4,
        _ => KvDtype::Auto,
    };
    let ask = PagedAsk {
        version: Some(Version(0, 32)),
        kv_dtype,
        block_size: Some(number(3)).filter(|asked| *asked > 0),
        tensor_parallel: number(1),
        max_num_batched_tokens: number(4),
        prefix_caching: number(5) == 1,
        speculative_tokens: number(6),
        ..PagedAsk::default()
    };
    let (len, bytes) = (number(7), number(8));
    let plan = Paged::of(&named(cells[0]), &ask);
    let ours = Figures([
        plan.block_size(),
        plan.needed(0, 0),
        plan.blocks(bytes),
        plan.tokens(bytes, len),
        plan.needed(len, 1),
        plan.longest(bytes, 1, 1_000_000),
    ]);
    (ours, Figures([number(9), number(10), number(11), number(12), number(13), number(14)]))
}

#[test]
fn every_figure_is_that_of_vllm() {
    let rows: Vec<&str> = TABLE.lines().filter(|line| !line.starts_with('#')).collect();
    assert!(rows.len() > 80);
    let wrong: Vec<String> = rows
        .iter()
        .filter_map(|line| {
            let (ours, theirs) = row(line);
            let within =
                ours.0.iter().zip(theirs.0).enumerate().all(|(at, (a, b))| a.abs_diff(b) <= u64::from(at == 3));
            (!within).then(|| format!("{line}\n  ours {ours:?}\n  vLLM {theirs:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), rows.len(), wrong[..wrong.len().min(8)].join("\n"));
}
