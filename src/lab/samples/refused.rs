//! Whether an engine would not give several answers to one request.

use crate::base::Problem;

/// Whether a refusal is about the number of answers: then they are asked for one by one. llama-server gives at most as many
/// as it has slots ("Field 'n': Value must be between 1 <= value <= 4"), vLLM one at temperature 0 ("n must be 1 when using
/// greedy sampling").
pub fn refused_n(problem: &Problem) -> bool {
    let of_request = problem.why.contains("(HTTP 4") || problem.why.contains("(HTTP 501");
    let mut words = problem.why.split(|c: char| !c.is_alphanumeric() && c != '_');
    of_request && words.any(|word| matches!(word, "n" | "num_choices" | "n_cmpl"))
}

/// Why the answers that did not come are asked for one by one.
pub fn fewer(came: usize, asked: usize) -> String {
    format!("of {asked} answers asked for in one request {came} came: the rest is asked for one by one")
}
