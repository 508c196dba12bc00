use super::open;

#[test]
fn flags_are_read_from_words() {
    let said = |line: &str| -> Vec<(String, Option<String>)> {
        open::settings(&open::words(line)).into_iter().map(|set| (set.flag, set.value)).collect()
    };
    let pair = |flag: &str, value: Option<&str>| (flag.to_owned(), value.map(str::to_owned));
    for (line, flags) in [
        ("", vec![]),
        ("--trust-remote-code", vec![pair("--trust-remote-code", None)]),
        ("-c 4096 --no-mmap", vec![pair("-c", Some("4096")), pair("--no-mmap", None)]),
        ("--tokenizer_mode mistral", vec![pair("--tokenizer-mode", Some("mistral"))]),
        (
            "--hf-overrides {\"a b\": [\"c d\"]} --x -1",
            vec![pair("--hf-overrides", Some("{\"a b\": [\"c d\"]}")), pair("--x", Some("-1"))],
        ),
        ("--a=b c", vec![pair("--a", Some("b"))]),
    ] {
        assert_eq!(said(line), flags, "{line}");
    }
}
