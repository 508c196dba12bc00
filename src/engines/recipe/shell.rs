//! Words of a shell: read as a shell reads them, written so that one reads the same back.

use crate::base::Problem;

/// A word in which a shell sees itself and nothing else.
pub fn quote(word: &str) -> String {
    crate::engines::plan::shell_line(&[word.to_owned()])
}

/// A command with its variables as one line for a person: what a shell would read, secrets that are masked left bare.
pub fn shown_line(env: &[(String, String)], argv: &[String]) -> String {
    let mut words: Vec<String> = env.iter().map(|(name, value)| format!("{name}={}", quote(value))).collect();
    words.extend(argv.iter().map(|word| quote(word)));
    words.join(" ").replace("'***'", "***")
}

/// A word as read, with where it began and which variables stand in it unread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    /// Its text, quotes taken away; variables stand as written.
    pub text: String,
    /// The character it begins with, from 1.
    pub at: usize,
    /// Names of variables that a shell would have filled in.
    pub vars: Vec<String>,
    /// Whether quotes were around some of it.
    pub quoted: bool,
}

/// One command of a script.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Line {
    /// Its words.
    pub words: Vec<Word>,
    /// The files that its output or input was led to.
    pub files: Vec<String>,
}

/// Reads a script or a line: its commands, each a list of words. A pipe ends a command; the file of a redirection is
/// no word.
///
/// # Errors
/// With the position: a quote that is never closed, a substitution, a typographic quote or dash.
pub(super) fn read(text: &str) -> Result<Vec<Line>, Problem> {
    let mut reader =
        Reader { chars: text.chars().collect(), at: 0, commands: vec![Line::default()], word: None, leads: false };
    while let Some(c) = reader.next() {
        reader.take(c)?;
    }
    reader.end_word();
    reader.commands.retain(|line| !line.words.is_empty());
    Ok(reader.commands)
}

struct Reader {
    chars: Vec<char>,
    at: usize,
    commands: Vec<Line>,
    word: Option<Word>,
    /// After a redirection: the next word is a file.
    leads: bool,
}

impl Reader {
    fn next(&mut self) -> Option<char> {
        let c = self.chars.get(self.at).copied();
        self.at += usize::from(c.is_some());
        c
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn word(&mut self) -> &mut Word {
        let at = self.at;
        self.word.get_or_insert_with(|| Word { text: String::new(), at, vars: Vec::new(), quoted: false })
    }

    fn end_word(&mut self) {
        let (Some(word), Some(line)) = (self.word.take(), self.commands.last_mut()) else { return };
        match std::mem::take(&mut self.leads) {
            true => line.files.push(word.text),
            false => line.words.push(word),
        }
    }

    fn end_command(&mut self) {
        self.end_word();
        self.leads = false;
        self.commands.push(Line::default());
    }

    /// Whether the line ends here, which makes a sign before it a continuation.
    fn at_line_end(&self) -> bool {
        self.peek().is_none_or(|c| matches!(c, '\n' | '\r'))
    }

    /// `>`, `2>&1`, `&>`, `<`: what comes next is a file or a stream.
    fn redirection(&mut self) {
        // `2>` names a stream, which is no argument.
        if self.word.as_ref().is_some_and(|word| word.text.chars().all(|c| c.is_ascii_digit())) {
            self.word = None;
        }
        self.end_word();
        while self.peek().is_some_and(|c| matches!(c, '>' | '<' | '&')) {
            self.at += 1;
        }
        self.leads = true;
    }

    fn take(&mut self, c: char) -> Result<(), Problem> {
        match c {
            // Terminals paste the end of a line as a carriage return.
            '\n' | '\r' | ';' => self.end_command(),
            c if c.is_whitespace() => self.end_word(),
            '#' if self.word.is_none() => {
                while self.peek().is_some_and(|c| !matches!(c, '\n' | '\r')) {
                    self.at += 1;
                }
            }
            '\\' => match self.next() {
                Some('\n') | None => {}
                Some('\r') => self.at += usize::from(self.peek() == Some('\n')),
                Some(c) => self.word().text.push(c),
            },
            '\'' => self.single()?,
            '"' => self.double()?,
            '$' => self.dollar()?,
            // PowerShell and cmd continue a line so.
            '`' | '^' if self.at_line_end() => {
                self.at += usize::from(self.peek() == Some('\r'));
                self.at += usize::from(self.peek() == Some('\n'));
            }
            '`' => return Err(self.substitution()),
            // Marks that nobody sees, pasted from a web page.
            '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' => {}
            '&' if self.peek() == Some('>') => self.redirection(),
            '&' if self.peek() == Some('&') => {
                self.at += 1;
                self.end_command();
            }
            '&' => self.end_command(),
            '|' => {
                self.at += usize::from(matches!(self.peek(), Some('|' | '&')));
                self.end_command();
            }
            '<' | '>' => self.redirection(),
            '\u{201c}' | '\u{201d}' | '\u{2018}' | '\u{2019}' => return Err(self.typographic(c, "a quote", "\" or '")),
            '\u{2013}' | '\u{2014}' if self.word.is_none() => return Err(self.typographic(c, "a dash", "-- or -")),
            c => self.word().text.push(c),
        }
        Ok(())
    }

    fn single(&mut self) -> Result<(), Problem> {
        let from = self.at;
        self.word().quoted = true;
        while let Some(c) = self.next() {
            if c == '\'' {
                return Ok(());
            }
            self.word().text.push(c);
        }
        Err(unclosed('\'', from))
    }

    fn double(&mut self) -> Result<(), Problem> {
        let from = self.at;
        self.word().quoted = true;
        while let Some(c) = self.next() {
            match c {
                '"' => return Ok(()),
                '`' => return Err(self.substitution()),
                '$' => self.dollar()?,
                '\\' => match self.next() {
                    Some('\n') | None => {}
                    Some(c @ ('"' | '\\' | '$' | '`')) => self.word().text.push(c),
                    Some(c) => self.word().text.extend(['\\', c]),
                },
                c => self.word().text.push(c),
            }
        }
        Err(unclosed('"', from))
    }

    /// A variable stays as written and is named; a lone dollar is itself.
    fn dollar(&mut self) -> Result<(), Problem> {
        let from = self.at;
        let name = match self.peek() {
            Some('(') => return Err(self.substitution()),
            Some('{') => {
                let rest = self.chars.get(self.at + 1..).unwrap_or_default();
                let end = rest.iter().position(|c| *c == '}').ok_or_else(|| unclosed('{', from))?;
                self.at += end + 2;
                rest.iter().take(end).take_while(|c| is_name(**c)).collect()
            }
            Some(c) if is_name(c) && !c.is_ascii_digit() => {
                let rest = self.chars.get(self.at..).unwrap_or_default();
                let name: String = rest.iter().take_while(|c| is_name(**c)).collect();
                self.at += name.chars().count();
                name
            }
            Some(c @ ('!' | '@' | '*' | '#' | '?' | '$' | '0'..='9')) => {
                self.at += 1;
                c.to_string()
            }
            _ => {
                self.word().text.push('$');
                return Ok(());
            }
        };
        let written: String = self.chars.get(from - 1..self.at).unwrap_or_default().iter().collect();
        let word = self.word();
        word.text.push_str(&written);
        word.vars.push(name);
        Ok(())
    }

    fn substitution(&self) -> Problem {
        Problem::usage(
            format!("character {} begins a command within the command", self.at),
            "only a shell can run it",
            "put what it prints there instead",
        )
    }

    fn typographic(&self, c: char, what: &str, instead: &str) -> Problem {
        Problem::usage(
            format!("character {} is {what} that no shell knows: {c}", self.at),
            "a web page or an editor has replaced the plain one",
            format!("write {instead}"),
        )
    }
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn unclosed(quote: char, at: usize) -> Problem {
    Problem::usage(
        format!("the {quote} at character {at} is never closed"),
        "everything after it counts as one word",
        "close it, or take it away",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(text: &str) -> Vec<Vec<String>> {
        let read = read(text).unwrap_or_else(|problem| panic!("{text}: {problem}"));
        read.into_iter().map(|line| line.words.into_iter().map(|word| word.text).collect()).collect()
    }

    #[test]
    fn words_are_those_of_a_shell() {
        for (text, expected) in [
            ("a b  c", &[&["a", "b", "c"][..]][..]),
            ("a \\\n  b", &[&["a", "b"]]),
            ("a \\\r\n  b", &[&["a", "b"]]),
            ("a \\\r  b\rc", &[&["a", "b"], &["c"]]),
            ("'a b' \"c d\" e\\ f ''", &[&["a b", "c d", "e f", ""]]),
            ("x'y'\"z\"", &[&["xyz"]]),
            ("'{\"a\": 1}' \"\\\"q\\\" \\n\"", &[&["{\"a\": 1}", "\"q\" \\n"]]),
            ("a # comment\nb", &[&["a"], &["b"]]),
            ("a#b", &[&["a#b"]]),
            ("a; b && c &", &[&["a"], &["b"], &["c"]]),
            ("a | tee log\nb 2>&1 > file c", &[&["a"], &["tee", "log"], &["b", "c"]]),
            ("a &> log b || c >>x 2>/dev/null", &[&["a", "b"], &["c"]]),
            ("a `\n  b `\r\n  c ^\r\n d", &[&["a", "b", "c", "d"]]),
            ("a\u{200b} \u{feff}b", &[&["a", "b"]]),
            ("price$ $ x", &[&["price$", "$", "x"]]),
        ] {
            let expected: Vec<Vec<String>> =
                expected.iter().map(|w| w.iter().map(|w| (*w).to_owned()).collect()).collect();
            assert_eq!(words(text), expected, "{text}");
        }
        let read = read("a $HF_TOKEN \"${X:-y}z\"").unwrap();
        let vars: Vec<_> = read[0].words.iter().map(|word| (word.text.as_str(), word.vars.join(","))).collect();
        assert_eq!(vars, [("a", String::new()), ("$HF_TOKEN", "HF_TOKEN".into()), ("${X:-y}z", "X".into())]);
    }

    #[test]
    fn faults_are_told_with_their_place() {
        for (text, says) in [
            ("a 'b", "' at character 3"),
            ("a \"b c", "\" at character 3"),
            ("a $(date)", "character 3"),
            ("a `date`", "character 3"),
            ("a ${X", "character 3"),
            ("a \u{201c}b\u{201d}", "character 3 is a quote"),
            ("a \u{2013}\u{2013}b", "character 3 is a dash"),
        ] {
            let problem = read(text).expect_err(text);
            assert!(problem.what.contains(says), "{text}: {problem}");
        }
    }

    proptest! {
        #[test]
        fn what_is_quoted_is_read_back(all in proptest::collection::vec("[^\\x00]{0,12}", 1..6)) {
            let line: Vec<String> = all.iter().map(|word| quote(word)).collect();
            prop_assert_eq!(words(&line.join(" ")), vec![all]);
        }
    }
}
