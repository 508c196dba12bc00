//! Models that are not there, not whole, not allowed, or not known to the engine.

use super::Source;
use super::context::{Context, Stage};
use super::read::{between, quoted_after};
use super::remedy::{Cost, Remedy};
use super::rule::{CAUSE, CONSEQUENCE, LIKELY, NAMED, Rule, Told, WRAPPER, rule};
use super::text::said;

pub const RULES: &[Rule] = &[
    rule("model_missing", &["HFValidationError"], CAUSE, no_path),
    rule("model_missing", &["RepositoryNotFoundError"], CAUSE, no_repository),
    rule("model_missing", &["is not a local folder and is not a valid model identifier", "rror"], CAUSE, no_repository),
    rule("model_missing", &["RevisionNotFoundError"], CAUSE, no_repository),
    rule("model_missing", &["does not appear to have a file named", "rror"], CAUSE, no_file),
    rule("model_missing", &["Invalid repository ID or local directory specified", "rror"], CAUSE, no_file),
    rule("model_missing", &["failed to open GGUF file"], CAUSE, no_gguf),
    rule("model_missing", &["rror", "not found, try pulling it first"], CAUSE, not_pulled),
    rule("model_missing", &["\"error\":\"model '", "not found"], CAUSE, not_pulled),
    rule("model_missing", &["rror", "pull model manifest: file does not exist"], CAUSE, not_pulled),
    rule("gated_model", &["GatedRepoError"], CAUSE, gated),
    // Of the lines about it, the one with the name.
    rule("gated_model", &["Cannot access gated repo for url"], NAMED, gated),
    rule("gated_model", &["access to a gated repo", "rror"], CAUSE, gated),
    rule("gated_model", &["You are trying to access a gated repo", "rror"], CAUSE, gated),
    rule("gated_model", &["401 Client Error", "rror"], LIKELY, token),
    rule("gated_model", &["403 Client Error", "rror"], LIKELY, token),
    rule("hub_offline", &["LocalEntryNotFoundError"], CAUSE, offline),
    rule("hub_offline", &["rror", "OfflineModeIsEnabled"], CAUSE, offline),
    rule("hub_offline", &["rror", "We couldn't connect to"], CAUSE, offline),
    rule("hub_offline", &["rror", "Failed to resolve", "huggingface"], CAUSE, offline),
    rule("hub_offline", &["rror", "emporary failure in name resolution"], LIKELY, offline),
    rule("truncated_weights", &["SafetensorError"], CAUSE, truncated),
    rule("truncated_weights", &["rror", "PytorchStreamReader failed"], CAUSE, truncated),
    rule("truncated_weights", &["rror", "incomplete metadata, file not fully covered"], CAUSE, truncated),
    rule("truncated_weights", &["data is not within the file bounds"], CAUSE, truncated),
    rule("truncated_weights", &["rror", "exceeds file size"], CAUSE, truncated),
    rule("truncated_weights", &["gguf_init_from", "failed to read"], 8, truncated),
    rule("truncated_weights", &["rror", "unexpected EOF"], LIKELY, truncated),
    rule("weights_missing", &["rror", "Cannot find any model weights with"], CAUSE, no_weights),
    rule("not_gguf", &["invalid magic characters"], CAUSE, not_gguf),
    rule("not_gguf", &["invalid magic number"], CAUSE, not_gguf),
    rule("not_gguf", &["Error", "unknown file magic"], LIKELY, not_gguf),
    rule("truncated_weights", &["Error: digest mismatch"], CAUSE, truncated),
    rule("truncated_weights", &["rror", "Consistency check failed"], CAUSE, truncated),
    rule("unknown_architecture", &["GGUF file is version"], CAUSE, newer_file),
    rule("unknown_architecture", &["invalid ggml type"], CAUSE, newer_file),
    rule("unknown_architecture", &["error loading model:", "wrong number of tensors"], CAUSE, newer_file),
    rule("unknown_architecture", &["error loading model:", "missing tensor"], CAUSE, newer_file),
    rule("unknown_architecture", &["error loading model:", "create_tensor: tensor", "not found"], CAUSE, newer_file),
    rule("unknown_architecture", &["error loading model:", "key not found in model"], CAUSE, newer_file),
    rule("unknown_architecture", &["rror", "Unrecognized model in"], CAUSE, architecture),
    rule("model_missing", &["error loading model:", "failed to open", "o such file"], CAUSE, no_gguf),
    rule("model_missing", &["HF API", "response code: 404"], CAUSE, no_repository),
    rule("gated_model", &["HF API", "response code: 401"], CAUSE, gated),
    rule("gated_model", &["HF API", "response code: 403"], CAUSE, gated),
    rule("hub_offline", &["() failed: ", "Could not resolve host"], CAUSE, offline),
    rule("hub_offline", &["() failed: ", "Could not connect to server"], CAUSE, offline),
    rule("hub_offline", &["Error: ", "dial tcp: lookup"], CAUSE, offline),
    rule("hub_offline", &["rror", "x509: certificate"], CAUSE, offline),
    rule("hub_offline", &["rror", "CERTIFICATE_VERIFY_FAILED"], CAUSE, offline),
    rule("hub_offline", &["rror", "huggingface.co", "timed out"], LIKELY, offline),
    rule("hub_offline", &["rror", "Server Error", "huggingface.co"], LIKELY, offline),
    rule("hub_limited", &["rror", "429 Client Error"], CAUSE, limited),
    rule("hub_limited", &["rror", "429 Too Many Requests"], CAUSE, limited),
    rule("tokenizer_failed", &["rror", "Couldn't instantiate the backend tokenizer"], CAUSE, tokenizer),
    rule("tokenizer_failed", &["xception", "untagged enum"], CAUSE, tokenizer),
    rule("tokenizer_failed", &["rror", "Can't load tokenizer for"], CAUSE, tokenizer),
    rule("tokenizer_failed", &["rror", "okenizer class", "does not exist"], CAUSE, tokenizer),
    rule("model_missing", &["rror", "Can't load the configuration of"], CAUSE, no_file),
    rule("not_gguf", &["rror", "invalid file magic"], CAUSE, not_gguf),
    rule("unknown_architecture", &["rror", "Model architectures", "are not supported"], CAUSE, architecture),
    rule("unknown_architecture", &["unknown model architecture"], CAUSE, architecture),
    rule("unknown_architecture", &["rror", "does not recognize this architecture"], CAUSE, architecture),
    rule("unknown_architecture", &["rror", "unsupported architecture"], CAUSE, architecture),
    rule("unknown_architecture", &["unknown pre-tokenizer type"], CAUSE, architecture),
    rule("unknown_architecture", &["Model architectures", "failed to be inspected"], CONSEQUENCE, architecture),
    rule("hub_offline", &["rror", "MaxRetryError", "huggingface.co"], CAUSE, offline),
    rule("hub_offline", &["rror", "Name or service not known"], LIKELY, offline),
    rule("model_missing", &["rror", "[Errno 2]", "config.json"], CAUSE, no_file),
    rule("model_missing", &["rror", "No supported config format found"], CAUSE, no_file),
    rule("weights_mismatch", &["rror", "There is no module or parameter named"], CAUSE, other_weights),
    rule("weights_mismatch", &["rror", "Attempted to load weight"], CAUSE, other_weights),
    rule("weights_mismatch", &["rror", "weights were not initialized from"], CAUSE, other_weights),
    rule("load_failed", &["failed to load multimodal model"], CONSEQUENCE, load_failed),
    rule("load_failed", &["clip_init: failed to load model"], LIKELY, load_failed),
    rule("load_failed", &["error loading model:"], LIKELY, load_failed),
    rule("load_failed", &["error loading model:", "failed to load model from"], WRAPPER, load_failed),
    rule("load_failed", &["exiting due to model loading error"], WRAPPER, load_failed),
    rule("load_failed", &["load_model: failed to load model"], WRAPPER, load_failed),
];

fn hand(text: impl Into<String>) -> Vec<Remedy> {
    vec![Remedy::by_hand(text)]
}

fn no_path(line: &str, context: &Context) -> Told {
    let name = quoted_after(line, "namespace/repo_name'").or(context.model.as_deref()).unwrap_or_default().to_owned();
    let why = format!("There is no folder `{name}` here, and it is no name that a hub could know either.");
    Told::new(why, hand("correct the path, or give a hub name such as Qwen/Qwen3-8B"))
}

fn no_repository(line: &str, context: &Context) -> Told {
    let name =
        between(line, "OSError: ", " is not a local").or(context.model.as_deref()).unwrap_or("the model").to_owned();
    let why = format!("The hub knows no repository `{name}`, or does not show it to you.");
    let token = "if it is private: set HF_TOKEN to a token that may read it";
    Told::new(why, vec![Remedy::by_hand("check the spelling: `vramdeck models` searches"), Remedy::by_hand(token)])
}

fn no_file(line: &str, _: &Context) -> Told {
    let why = format!("{}.", said(line));
    Told::new(why, hand("give a repository or folder with a config.json; a folder of GGUF files is for llama.cpp"))
}

fn no_gguf(line: &str, _: &Context) -> Told {
    let older = || between(line, "failed to open ", ": ");
    let path = quoted_after(line, "GGUF file").or_else(older).unwrap_or_default();
    let reason = line.rsplit_once('(').map_or("there is no such file", |(_, rest)| rest.trim_end_matches(')'));
    let why = format!("The file {path} cannot be opened: {reason}.");
    Told::new(why, hand("correct the path of the model: `vramdeck models` lists what lies on this machine"))
}

fn not_pulled(line: &str, _: &Context) -> Told {
    let name = quoted_after(line, "model").unwrap_or("the model").to_owned();
    let why = format!("The Ollama server has no model {name}.");
    Told::new(why, hand(format!("fetch it first: ollama pull {name}; or look at the names it has: ollama list")))
}

fn gated(line: &str, context: &Context) -> Told {
    let name = between(line, "huggingface.co/", "/resolve").or(context.model.as_deref()).unwrap_or("the model");
    let why =
        format!("The authors of {name} ask for a name before it may be fetched, and no token said one they let in.");
    let accept = format!("accept the licence on https://huggingface.co/{name} with your account");
    Told::new(why, vec![Remedy::by_hand(accept), Remedy::by_hand("set HF_TOKEN to a token of that account")])
}

fn token(line: &str, _: &Context) -> Told {
    let why = format!("The hub refused: no token was sent, it is wrong, or it may not read this: {}.", said(line));
    let renew = "set HF_TOKEN to a token that may read the repository, or unset a wrong one: public ones need none";
    Told::new(why, vec![Remedy::by_hand(renew)])
}

fn offline(line: &str, context: &Context) -> Told {
    let name = context.model.as_deref().unwrap_or("The model");
    let forbidden = line.contains("outgoing traffic has been disabled") || line.contains("OfflineMode");
    let mut remedies = hand("fetch it while online: `vramdeck models fetch`, or `hf download`");
    if forbidden {
        let why = "lets the engine fetch the model: the network must be there";
        remedies.push(Remedy::env("HF_HUB_OFFLINE", "0", Cost::Nothing, why));
    }
    let reason = if forbidden { "fetching was forbidden by the environment" } else { "the hub was not reached" };
    Told::new(format!("{name} is not in the local cache, and {reason}."), remedies)
}

fn truncated(line: &str, context: &Context) -> Told {
    let sizes = between(line, "size (", ")").zip(between(line, "file size (", ")"));
    let tensor = quoted_after(line, "tensor ").map(|name| name.trim_end_matches('\\'));
    let why = match (tensor, sizes) {
        (Some(tensor), Some((needs, has))) => {
            format!("The file ends early: {tensor} reaches to byte {needs}, and the file has {has}.")
        }
        (Some(tensor), None) => format!("The file ends before the data of {tensor}: it was cut off or damaged."),
        _ => "A file of the weights ends early: its download was cut off, or the file was damaged.".to_owned(),
    };
    let again = match context.source {
        Some(Source::LlamaCpp) => "delete the file and fetch it again",
        Some(Source::Ollama) => "fetch it again: ollama rm, then ollama pull",
        _ => "delete the file from the cache and fetch it again: hf download REPOSITORY --force-download",
    };
    Told::new(why, hand(again))
}

fn no_weights(line: &str, _: &Context) -> Told {
    let place = between(line, "weights with `", "`").unwrap_or("the folder");
    let why = format!("There are no weights in {place}: a configuration alone cannot be served.");
    Told::new(why, hand("fetch the whole repository: hf download REPOSITORY"))
}

fn not_gguf(line: &str, _: &Context) -> Told {
    let found = quoted_after(line, "magic characters").map_or("other bytes".to_owned(), |magic| format!("`{magic}`"));
    if found == "`vers`" {
        let why = "The file is a pointer of Git LFS, not the model: it was cloned without its large files.";
        return Told::new(why, hand("fetch the file itself: `vramdeck models fetch`, or git lfs pull"));
    }
    let why = format!("The file begins with {found} instead of `GGUF`: it is another kind of file.");
    let engine = "safetensors are served by vLLM: vramdeck launch --engine vllm";
    Told::new(why, vec![Remedy::by_hand("give a .gguf file of the model"), Remedy::by_hand(engine)])
}

fn architecture(line: &str, context: &Context) -> Told {
    let quoted = ["architectures [", "architecture: ", "model type ", "pre-tokenizer type: ", "architecture "]
        .iter()
        .find_map(|marker| quoted_after(line, marker).filter(|_| line.contains(marker)));
    let name = quoted.unwrap_or("of the model");
    let engine = context.source.map_or("the engine", Source::name);
    let why = format!("This version of {engine} does not know the architecture {name}.");
    let other = match context.source {
        Some(Source::LlamaCpp | Source::Ollama) => "or serve the original weights with vLLM",
        _ => "or take a GGUF of it with llama.cpp, or --model-impl transformers where Transformers knows it",
    };
    let update = "update the engine: new architectures come with new versions";
    Told::new(why, vec![Remedy::by_hand(update), Remedy::by_hand(other)])
}

/// A file of a newer kind than the engine, or one made by a tool of another kind: tensors that it does not expect.
fn newer_file(line: &str, context: &Context) -> Told {
    let engine = context.source.unwrap_or(Source::LlamaCpp).name();
    let why = format!("The file was made for another version of {engine}: {}.", said(line));
    let other =
        "or take a file of the model from another maker: an early or late conversion names its tensors otherwise";
    Told::new(
        why,
        vec![Remedy::by_hand("update the engine: new kinds of files come with new versions"), Remedy::by_hand(other)],
    )
}

/// Tensors whose names or shapes are not those of the architecture.
fn other_weights(line: &str, _: &Context) -> Told {
    let why = format!("The weights are not those that the configuration describes: {}.", said(line));
    let whole =
        "fetch the whole repository anew, config.json too; an adapter or a quantised part alone cannot be served";
    let newer = "or update the engine: newer versions know more ways in which a model is stored";
    Told::new(why, vec![Remedy::by_hand(whole), Remedy::by_hand(newer)])
}

fn limited(_: &str, _: &Context) -> Told {
    let why = "The hub refuses for a while: too many requests came from this address.";
    let wait = "wait some minutes, and set HF_TOKEN: who is known may ask more often";
    Told::new(
        why,
        vec![Remedy::by_hand(wait), Remedy::env("HF_HUB_OFFLINE", "1", Cost::Nothing, "if the model is in the cache")],
    )
}

fn tokenizer(line: &str, context: &Context) -> Told {
    let why = format!("The tokenizer of the model cannot be read: {}.", said(line));
    let newer = "update the engine and its transformers: newer tokenizer files need them; or install sentencepiece and tiktoken";
    let given = context.flag("--tokenizer");
    let other = match &given {
        Some(_) => Remedy::unset("--tokenizer", given.clone(), Cost::Nothing, "the model's own tokenizer"),
        None => {
            Remedy::by_hand("or name one that is whole: --tokenizer REPOSITORY, of the model this one was made from")
        }
    };
    Told::new(why, vec![Remedy::by_hand(newer), other])
}

fn load_failed(line: &str, context: &Context) -> Told {
    let stage = if context.stage >= Stage::Loading { "while it was read" } else { "before it was read" };
    let why = format!("The model could not be loaded, {stage}: {}.", said(line));
    Told::new(why, hand("check that the file is whole, and that this version of the engine knows the model"))
}
