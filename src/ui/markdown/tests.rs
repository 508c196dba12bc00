use super::*;
use proptest::prelude::*;
use ratatui::style::{Modifier, Style};

fn roles() -> Roles {
    let with = |modifier| Style::new().add_modifier(modifier);
    Roles {
        heading: with(Modifier::BOLD),
        strong: with(Modifier::BOLD),
        emphasis: with(Modifier::ITALIC),
        code: with(Modifier::REVERSED),
        dim: with(Modifier::DIM),
        keyword: with(Modifier::BOLD),
        ..Roles::default()
    }
}

fn text_of(line: &Line<'_>) -> String {
    line.spans.iter().map(|span| span.content.as_ref()).collect()
}

fn drawn(stream: &mut Stream, width: u16) -> Vec<String> {
    let rows = stream.rows(width, &roles());
    let drawn: Vec<String> = stream.visible(0..usize::MAX).map(text_of).collect();
    assert_eq!(drawn.len(), rows);
    drawn
}

fn whole(text: &str, width: u16) -> String {
    let rows = drawn(&mut Stream::whole(text), width);
    rows.iter().map(|row| row.trim_end()).collect::<Vec<_>>().join("\n")
}

#[test]
fn an_answer_reads_well() {
    let text = "# Title\nSome *text* with `code`, **bold** and a [link](http://x.y).\n\n1. one\n1. two\n   - deep\n     more\n\n   para\n- [x] done\n- [ ] open\n\n> quote\n> on\n\n```rust\nfn main() {\n\tlet x = 1;\n}\n```\n\n| a | right |\n|---|--:|\n| x | 1 |\n| longer | 22 |\n\n---\nend<br>of &#27;[31m it\n";
    insta::assert_snapshot!(whole(text, 40), @r"
    Title

    Some text with code, bold and a link
    (http://x.y).

    1. one
    2. two
       ◦ deep more

       para
    • ☑ done
    • ☐ open

    ▎ quote on

      rust
      fn main() {
          let x = 1;
      }

    a      │ right
    ───────┼──────
    x      │     1
    longer │    22

    ────────────────────────────────────────

    end
    of ␛[31m it
    ");
}

#[test]
fn narrow_tables_become_records() {
    let text = "| name | what it is | more |\n|-|-|-|\n| a | long words here | z |\n| b | c | |\n";
    insta::assert_snapshot!(whole(text, 24), @r"
    name │ what it is │ more
    ─────┼────────────┼─────
    a    │ long words │ z
         │ here       │
    b    │ c          │
    ");
    insta::assert_snapshot!(whole(text, 12), @r"
    name: a
    what it is:
    long words
    here
    more: z

    name: b
    what it is:
    c
    more:
    ");
}

#[test]
fn code_is_coloured_by_role() {
    highlight::prepare("rs");
    let mut stream = Stream::whole("```rs\nlet x;\n```");
    let roles = roles();
    stream.rows(20, &roles);
    let line = stream.visible(1..2).next().unwrap();
    let coloured: Vec<&str> =
        line.spans.iter().filter(|span| span.style == roles.keyword).map(|span| span.content.as_ref()).collect();
    assert_eq!(coloured, ["let"]);
}

#[test]
fn colours_come_once_a_language_is_ready() {
    let mut stream = Stream::whole("```lua\nlocal x = 1\n```\n\n- in a list\n  ```lua\n  local y\n  ```\n");
    let roles = roles();
    let keywords = |stream: &mut Stream| {
        stream.rows(30, &roles);
        let spans = stream.visible(0..99).flat_map(|line| &line.spans);
        spans.filter(|span| span.style == roles.keyword && span.content == "local").count()
    };
    keywords(&mut stream);
    highlight::prepare("lua");
    assert_eq!(keywords(&mut stream), 2);
}

#[test]
fn only_the_open_block_changes() {
    let text = "para one\n\n- item\n- item two\n\n```py\ndef f():\n    return 1\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nlast *words* here";
    let mut stream = Stream::default();
    let mut before: Vec<String> = Vec::new();
    for c in text.chars() {
        stream.push(c.encode_utf8(&mut [0; 4]));
        let now = drawn(&mut stream, 30);
        // Rows above the last block stay as they were.
        let blank = |row: &String| row.trim().is_empty();
        let settled = before.iter().rposition(blank).unwrap_or(0);
        assert_eq!(now.get(..settled), before.get(..settled), "{:?}", stream.text());
        before = now;
    }
}

#[test]
fn marks_alone_do_not_flash() {
    let mut stream = Stream::default();
    stream.push("A paragraph\n-");
    assert_eq!(drawn(&mut stream, 30), ["A paragraph"], "neither a heading nor a bullet yet");
    stream.push(" item");
    assert_eq!(drawn(&mut stream, 30), ["A paragraph", "• item"]);
    stream.push("\n\n```\nx\n``");
    assert_eq!(drawn(&mut stream, 30), ["A paragraph", "• item", "", "  x"]);
    stream.push("`");
    stream.finish();
    assert_eq!(drawn(&mut stream, 30), ["A paragraph", "• item", "", "  x"]);
}

#[test]
fn visible_rows_are_those_asked_for() {
    let mut stream = Stream::whole("a\n\nb\n\n```\n1\n2\n3\n```\n\nc");
    let all = drawn(&mut stream, 10);
    for from in 0..=all.len() + 1 {
        for to in from..=all.len() + 2 {
            let got: Vec<String> = stream.visible(from..to).map(text_of).collect();
            assert_eq!(got, all[from.min(all.len())..to.min(all.len())]);
        }
    }
}

#[test]
fn hostile_depth_and_size_are_borne() {
    for text in [
        ">".repeat(3000),
        "- ".repeat(2000),
        "*".repeat(20_000),
        "[".repeat(20_000),
        "|".repeat(20_000),
        format!("{}\n{}\n", "|a".repeat(500), "|-".repeat(500)),
        format!("```js\n{}\n", "(".repeat(50_000)),
        "\u{1f468}\u{200d}".repeat(3000),
        format!("e{}", "\u{301}".repeat(10_000)),
    ] {
        let begin = std::time::Instant::now();
        let rows = drawn(&mut Stream::whole(&text), 40);
        assert!(rows.iter().all(|row| wrap::columns(row) <= 40));
        assert!(begin.elapsed() < std::time::Duration::from_secs(5), "{:.40}: {:?}", text, begin.elapsed());
    }
}

fn markdown() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        4 => "[a-z]{1,9} ?",
        1 => "\\PC{1,4}",
        4 => prop::sample::select(vec![
            "\n", "\n\n", "# ", "- ", "  - ", "1. ", "2) ", "> ", "```", "```rs\n", "~~~\n", "|", "| a | b |\n|--|:-:|\n| c | d |\n",
            "---\n", "===\n", "*", "**", "_", "`", "[a](b)", "![i](u)", "<br>", "<div>\n", "\t", "    ", "&#27;", "&NewLine;",
            "\\", "\r\n", "\r", "\u{1b}[31m", "\u{202e}", "日本語", "👩‍👧", "e\u{301}", "let x = \"1\"; // c\n", "- [ ] ", "~~",
        ]).prop_map(str::to_owned),
    ];
    proptest::collection::vec(part, 0..50).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// However the text is cut and whenever it is drawn in between, it ends as if it had come at once.
    #[test]
    fn any_cut_ends_as_the_whole(
        text in markdown(), width in 1u16..60, cuts in proptest::collection::vec((1usize..7, any::<bool>()), 1..9)
    ) {
        let mut stream = Stream::default();
        let chars: Vec<char> = text.chars().collect();
        let mut at = 0;
        for (length, draw) in cuts.iter().cycle() {
            if at >= chars.len() {
                break;
            }
            let end = (at + length).min(chars.len());
            stream.push(&chars[at..end].iter().collect::<String>());
            at = end;
            if *draw {
                stream.rows(width, &roles());
            }
        }
        let mut unfinished = Stream::default();
        unfinished.push(&text);
        prop_assert_eq!(drawn(&mut stream, width), drawn(&mut unfinished, width));
        stream.finish();
        prop_assert_eq!(drawn(&mut stream, width), drawn(&mut Stream::whole(&text), width));
    }

    #[test]
    fn rows_fit_and_are_safe(text in prop_oneof![markdown(), "(?s).{0,200}"], width in 1u16..50) {
        for row in drawn(&mut Stream::whole(&text), width) {
            prop_assert!(wrap::columns(&row) <= usize::from(width), "{:?}", row);
            prop_assert!(text::width(&row) <= usize::from(width), "{:?}", row);
            prop_assert_eq!(text::clean(&row), row.as_str());
            prop_assert!(!row.contains(['\n', '\t']), "{:?}", row);
        }
    }
}

/// A character reference in the name of a language is drawn as text.
#[test]
fn a_fence_cannot_name_a_control_character() {
    let rows = drawn(&mut Stream::whole("- ```&#27;a\nx\n```"), 20);
    assert!(rows.iter().any(|row| row.contains("␛a")), "{rows:?}");
    assert!(!rows.concat().contains('\u{1b}'), "{rows:?}");
}
