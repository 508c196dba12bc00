//! The files that ship, by branch of the taxonomy.

/// Name and text of each file.
pub const FILES: [(&str, &str); 13] = [
    ("phi.jsonl", include_str!("../../../presets/models/phi.jsonl")),
    ("opt.jsonl", include_str!("../../../presets/models/opt.jsonl")),
    ("gemma.jsonl", include_str!("../../../presets/models/gemma.jsonl")),
    ("other.jsonl", include_str!("../../../presets/models/other.jsonl")),
    ("may-work.jsonl", include_str!("../../../presets/models/may-work.jsonl")),
    ("wont-work.jsonl", include_str!("../../../presets/models/wont-work.jsonl")),
    ("embedding.jsonl", include_str!("../../../presets/models/embedding.jsonl")),
    ("classification.jsonl", include_str!("../../../presets/models/classification.jsonl")),
    ("reranker.jsonl", include_str!("../../../presets/models/reranker.jsonl")),
    ("reward.jsonl", include_str!("../../../presets/models/reward.jsonl")),
    ("token-classification.jsonl", include_str!("../../../presets/models/token-classification.jsonl")),
    ("multimodal.jsonl", include_str!("../../../presets/models/multimodal.jsonl")),
    ("transcription.jsonl", include_str!("../../../presets/models/transcription.jsonl")),
];
