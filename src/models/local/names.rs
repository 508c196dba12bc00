//! Names of repositories and files, and what they say.

/// The repository that a folder of the Hugging Face cache holds: `models--ORG--NAME` gives `ORG/NAME`. `None` for
/// anything else (data sets, spaces).
pub fn repository(folder: &str) -> Option<String> {
    let rest = folder.strip_prefix("models--")?;
    let name = rest.replacen("--", "/", 1);
    (!rest.is_empty() && !name.contains("--")).then_some(name)
}

/// The folder of a repository in the Hugging Face cache.
pub fn folder(repository: &str) -> String {
    format!("models--{}", repository.replace('/', "--"))
}

/// The quantisation that a GGUF file name carries, in capitals: `Qwen3-8B-Q4_K_M.gguf` gives `Q4_K_M`, also with
/// Unsloth's prefix (`UD-Q4_K_XL`).
pub fn quant_label(file: &str) -> Option<String> {
    let stem = file.rsplit('/').next().unwrap_or(file);
    let stem = stem.strip_suffix(".gguf").unwrap_or(stem);
    let stem = crate::models::gguf::part(file.rsplit('/').next().unwrap_or(file)).map_or(stem, |part| part.stem);
    let words: Vec<String> = stem.split(['-', '.', ' ']).map(str::to_ascii_uppercase).collect();
    let at = words.iter().rposition(|word| is_quant(word))?;
    let word = words.get(at)?;
    let prefixed = at.checked_sub(1).and_then(|before| words.get(before)).is_some_and(|before| before == "UD");
    Some(if prefixed { format!("UD-{word}") } else { word.clone() })
}

fn is_quant(word: &str) -> bool {
    if matches!(word, "BF16" | "F16" | "FP16" | "F32" | "FP32" | "FP8" | "NVFP4") || word.starts_with("MXFP4") {
        return true;
    }
    let rest = word.strip_prefix("IQ").or_else(|| word.strip_prefix("TQ")).or_else(|| word.strip_prefix('Q'));
    rest.is_some_and(|rest| {
        let mut parts = rest.split('_');
        let bits = parts.next().unwrap_or_default();
        let fine = |part: &str| matches!(part, "0" | "1" | "K" | "S" | "M" | "L" | "XL" | "XS" | "XXS" | "NL" | "P");
        matches!(bits, "1" | "2" | "3" | "4" | "5" | "6" | "8")
            && parts.clone().next().is_some()
            && parts.all(|part| fine(part) || part.parse::<u8>().is_ok())
    })
}

/// Whether a GGUF file is a part of another model: a projector, or a matrix for quantising.
pub fn is_companion(file: &str) -> bool {
    let name = file.rsplit('/').next().unwrap_or(file).to_ascii_lowercase();
    name.starts_with("mmproj") || name.contains("-mmproj") || name.contains("imatrix")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_name_repositories() {
        for (folder_name, want) in [
            ("models--Qwen--Qwen3-8B", Some("Qwen/Qwen3-8B")),
            ("models--gpt2", Some("gpt2")),
            ("datasets--a--b", None),
            ("models--", None),
            ("models--a--b--c", None),
        ] {
            assert_eq!(repository(folder_name).as_deref(), want, "{folder_name}");
            if let Some(name) = want {
                assert_eq!(folder(name), folder_name);
            }
        }
    }

    #[test]
    fn file_names_carry_quantisations() {
        for (file, want) in [
            ("Qwen3-8B-Q4_K_M.gguf", Some("Q4_K_M")),
            ("qwen2.5-7b-instruct-q4_k_m-00001-of-00002.gguf", Some("Q4_K_M")),
            ("UD/Qwen3-8B-UD-Q4_K_XL.gguf", Some("UD-Q4_K_XL")),
            ("gpt-oss-20b-mxfp4.gguf", Some("MXFP4")),
            ("gpt-oss-20b-MXFP4_MOE.gguf", Some("MXFP4_MOE")),
            ("model.IQ2_XXS.gguf", Some("IQ2_XXS")),
            ("tiny-f16.gguf", Some("F16")),
            ("gemma-3-1b-it-Q8_0.gguf", Some("Q8_0")),
            ("llama-Q4_0_4_4.gguf", Some("Q4_0_4_4")),
            ("model.gguf", None),
            ("Q-learning.gguf", None),
        ] {
            assert_eq!(quant_label(file).as_deref(), want, "{file}");
        }
        assert!(is_companion("x/mmproj-model-f16.gguf") && is_companion("a.imatrix.gguf") && !is_companion("a.gguf"));
    }
}
