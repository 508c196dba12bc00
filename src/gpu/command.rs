//! A process's command line as it may be shown: cleaned for the terminal, secrets masked.

use crate::base::secret::is_secret_name;
use crate::base::text::clean_line;

const MASK: &str = "***";

/// One line from the arguments. Values of flags and variables with a secret's name (`--api-key X Y`, `--api-key=X`,
/// `HF_TOKEN=X`) and bearer tokens are replaced by `***`; this also holds inside `sh -c '…'`.
pub fn shown(args: &[String]) -> String {
    let joined = clean_line(&args.join(" "));
    let mut hide = Hide::Nothing;
    let words: Vec<String> = joined.split(' ').map(|word| mask(word, &mut hide)).collect();
    words.join(" ")
}

/// What the words before this one ask to be hidden.
#[derive(PartialEq)]
enum Hide {
    Nothing,
    NextWord,
    UntilFlag,
}

fn mask(word: &str, hide: &mut Hide) -> String {
    let bare = word.trim_start_matches(['\'', '"', '(', '{']);
    if let Some((name, value)) = bare.split_once('=')
        && is_secret_name(name)
    {
        *hide = Hide::Nothing;
        let head = word.len() - value.len();
        return format!("{}{MASK}", &word[..head]);
    }
    if bare.starts_with('-') {
        *hide = if is_secret_name(bare) { Hide::UntilFlag } else { Hide::Nothing };
        return word.to_owned();
    }
    if bare.eq_ignore_ascii_case("bearer") {
        *hide = Hide::NextWord;
        return word.to_owned();
    }
    match hide {
        Hide::Nothing => word.to_owned(),
        _ if word.is_empty() => String::new(),
        Hide::UntilFlag => MASK.to_owned(),
        Hide::NextWord => {
            *hide = Hide::Nothing;
            MASK.to_owned()
        }
    }
}

/// The name to show: the program's file name where the system's own short name is that name cut off (Linux keeps 15
/// bytes), else the short name.
pub fn short_name(comm: &str, first_argument: Option<&str>) -> String {
    let program = first_argument
        .and_then(|arg| arg.split_whitespace().next())
        .map(|arg| arg.rsplit('/').next().unwrap_or(arg))
        .filter(|program| comm.len() >= 15 && program.starts_with(comm));
    clean_line(program.unwrap_or(comm))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn secrets_are_masked() {
        for (args, line) in [
            (
                vec!["vllm", "serve", "m", "--api-key", "sk-1", "sk-2", "--port", "8000"],
                "vllm serve m --api-key *** *** --port 8000",
            ),
            (vec!["vllm", "--api-key=sk-1", "m"], "vllm --api-key=*** m"),
            (vec!["env", "HF_TOKEN=hf_1", "python"], "env HF_TOKEN=*** python"),
            (
                vec!["sh", "-c", "HF_TOKEN='hf_1' vllm serve --api-key k1 --port 1"],
                "sh -c HF_TOKEN=*** vllm serve --api-key *** --port 1",
            ),
            (vec!["curl", "-H", "Authorization: Bearer abc", "http://x"], "curl -H Authorization: Bearer *** http://x"),
            (vec!["python", "--tokenizer", "t", "--max-model-len", "5"], "python --tokenizer t --max-model-len 5"),
            (vec!["x", "--api-key", "two words"], "x --api-key *** ***"),
            (vec!["a\u{1b}[31mb", "c\nd"], "a␛[31mb c⏎d"),
        ] {
            let args: Vec<String> = args.into_iter().map(str::to_owned).collect();
            assert_eq!(shown(&args), line);
        }
    }

    #[test]
    fn names_are_whole_where_the_system_cut_them() {
        for (comm, arg, name) in [
            ("VLLM::EngineCor", Some("VLLM::EngineCore"), "VLLM::EngineCore"),
            ("gnome-session-b", Some("/usr/libexec/gnome-session-binary"), "gnome-session-binary"),
            ("python3", Some("/usr/bin/python3"), "python3"),
            ("Xorg", Some("/usr/lib/xorg/Xorg"), "Xorg"),
            ("Web Content", None, "Web Content"),
            ("x\u{1b}y", None, "x␛y"),
        ] {
            assert_eq!(short_name(comm, arg), name);
        }
    }

    proptest! {
        #[test]
        fn a_secret_never_survives(before in "[a-z ]{0,9}", secret in "[0-9]{8,20}", eq in any::<bool>()) {
            let args = if eq {
                vec![before, format!("--api-key={secret}")]
            } else {
                vec![before, "--api-key".to_owned(), secret.clone()]
            };
            prop_assert!(!shown(&args).contains(&secret));
        }
    }
}
