//! The texts the model is trained on, compiled in.

/// One exchange of the corpus.
#[derive(Debug, Clone, PartialEq)]
pub struct Exchange {
    /// What the person says.
    pub question: String,
    /// What the model is to sound like.
    pub answer: String,
    /// Whether the answer is a piece of reasoning rather than an answer.
    pub thinking: bool,
}

const ANSWERS: [&str; 3] = [
    include_str!("../../../../presets/simulated/talk.txt"),
    include_str!("../../../../presets/simulated/cards.txt"),
    include_str!("../../../../presets/simulated/markdown.txt"),
];
const THOUGHTS: &str = include_str!("../../../../presets/simulated/thinking.txt");

/// All exchanges, in file order.
pub fn exchanges() -> Vec<Exchange> {
    let answers = ANSWERS.iter().flat_map(|text| parse(text, false));
    answers.chain(parse(THOUGHTS, true)).collect()
}

/// Reads the format of the files: a line `>>> question`, then the answer up to the next such line.
fn parse(text: &str, thinking: bool) -> Vec<Exchange> {
    let text = format!("\n{text}");
    text.split("\n>>> ")
        .skip(1)
        .filter_map(|block| block.split_once('\n'))
        .map(|(question, answer)| Exchange {
            question: question.trim().to_owned(),
            answer: answer.trim().to_owned(),
            thinking,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_questions_and_answers() {
        let read = parse(">>> a b?\nline 1\nline 2\n\n>>> c\nd\n", true);
        assert_eq!(read.len(), 2);
        assert_eq!((read[0].question.as_str(), read[0].answer.as_str()), ("a b?", "line 1\nline 2"));
    }

    #[test]
    fn the_corpus_is_whole() {
        let all = exchanges();
        assert!(all.len() > 60, "{}", all.len());
        assert!(all.iter().all(|e| !e.question.is_empty() && !e.answer.is_empty()));
        assert!(all.iter().any(|e| e.thinking));
        for mark in ["```", "| --- |", "## ", "- ", "1. "] {
            assert!(all.iter().any(|e| e.answer.contains(mark)), "no {mark}");
        }
    }
}
