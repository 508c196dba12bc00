use super::*;

const URL: &str = "http://h/v1/embeddings";

fn ask(task: Task, texts: usize) -> Ask {
    Ask::new(task, if task.pairs() { "q" } else { "" }, (0..texts).map(|at| format!("text {at}")).collect())
}

fn told(task: Task, texts: usize, body: &Value) -> Result<Answer, Problem> {
    read(&ask(task, texts), URL, body.to_string().as_bytes())
}

fn why(task: Task, texts: usize, body: &Value) -> String {
    let problem = told(task, texts, body).unwrap_err();
    assert!(!problem.hint.is_empty(), "{problem}");
    format!("{}: {}", problem.what, problem.why)
}

#[test]
fn each_dialect_has_its_routes_and_bodies() {
    let paths = |dialect| Task::ALL.map(|task| route(dialect, task).unwrap_or("-"));
    assert_eq!(paths(Dialect::Vllm), ["/v1/embeddings", "/rerank", "/score", "/classify", "/pooling", "/pooling"]);
    assert_eq!(paths(Dialect::LlamaCpp), ["/v1/embeddings", "/v1/rerank", "-", "-", "-", "-"]);
    assert_eq!(paths(Dialect::Ollama), ["/v1/embeddings", "-", "-", "-", "-", "-"]);
    assert_eq!(paths(Dialect::OpenAi), ["/v1/embeddings", "/v1/rerank", "-", "-", "-", "-"]);
    let mut one = ask(Task::Embed, 1);
    one.dimensions = Some(8);
    let sent = json!({"model": "m", "input": ["text 0"], "encoding_format": "float", "dimensions": 8});
    assert_eq!(body("m", Dialect::Vllm, &one), sent);
    let pair = ask(Task::Rerank, 2);
    let sent = json!({"model": "m", "query": "q", "documents": ["text 0", "text 1"], "top_n": 2});
    assert_eq!(body("m", Dialect::LlamaCpp, &pair), sent);
    let raw = Ask { raw: true, ..ask(Task::Classify, 1) };
    assert_eq!(body("m", Dialect::Vllm, &raw)["use_activation"], false);
    for task in Task::ALL {
        assert_eq!(Task::from_name(task.name()), Some(task));
    }
}

#[test]
fn what_cannot_be_asked_is_not_sent() {
    let why = |ask: &Ask, dialect| ask.check(dialect).unwrap_err().why;
    assert_eq!(ask(Task::Embed, 1).check(Dialect::Ollama), Ok("/v1/embeddings"));
    assert!(why(&ask(Task::Embed, 0), Dialect::Vllm).contains("no text"));
    assert!(why(&Ask::new(Task::Score, " ", vec!["a".into()]), Dialect::Vllm).contains("no query"));
    assert!(why(&Ask::new(Task::Embed, "", vec!["a".into(), " ".into()]), Dialect::Vllm).contains("text 2 is empty"));
    assert!(why(&ask(Task::Embed, MOST_TEXTS + 1), Dialect::Vllm).contains("1001 texts"));
    assert!(why(&ask(Task::Classify, 1), Dialect::LlamaCpp).contains("no route for labels"));
    assert!(why(&Ask { raw: true, ..ask(Task::Rerank, 1) }, Dialect::LlamaCpp).contains("activation"));
}

#[test]
fn answers_of_real_servers_are_read() {
    let body = json!({"object": "list", "model": "emb", "usage": {"prompt_tokens": 6, "total_tokens": 6}, "data": [
        {"index": 1, "object": "embedding", "embedding": [0.5, -1]},
        {"index": 0, "object": "embedding", "embedding": [1, 2e-1]}]});
    let answer = told(Task::Embed, 2, &body).unwrap();
    assert_eq!(answer.pooled, Pooled::Vectors(vec![vec![1.0, 0.2], vec![0.5, -1.0]]));
    assert_eq!((answer.model.as_str(), answer.tokens), ("emb", Some(6)));
    // vLLM's Base64: three numbers of 32 bits.
    let body = json!({"data": [{"index": 0, "embedding": "c88BMAAAgD+V9qgp"}]});
    let Pooled::Vectors(rows) = told(Task::Embed, 1, &body).unwrap().pooled else { panic!("vectors") };
    assert_eq!((rows[0].len(), rows[0][1]), (3, 1.0));
    let body = json!({"model": "tiny", "results": [
        {"index": 1, "relevance_score": 0.25}, {"index": 0, "document": {"text": "x"}, "relevance_score": -3.5}]});
    let answer = told(Task::Rerank, 2, &body).unwrap();
    assert_eq!((answer.pooled, answer.tokens), (Pooled::Numbers(vec![-3.5, 0.25]), None));
    let body = json!({"data": [{"index": 0, "object": "score", "score": 0.0625}]});
    assert_eq!(told(Task::Score, 1, &body).unwrap().pooled, Pooled::Numbers(vec![0.0625]));
    let body = json!({"data": [{"index": 0, "label": "bad", "probs": [0.25, 0.75], "num_classes": 2}]});
    let class = Class { label: Some("bad".into()), probs: vec![0.25, 0.75] };
    assert_eq!(told(Task::Classify, 1, &body).unwrap().pooled, Pooled::Classes(vec![class]));
    let body = json!({"data": [{"index": 0, "object": "pooling", "data": [[0.5, 0.5], [1, 0]]}]});
    assert_eq!(
        told(Task::Tokens, 1, &body).unwrap().pooled,
        Pooled::Tokens(vec![vec![vec![0.5, 0.5], vec![1.0, 0.0]]])
    );
    for (data, pooled) in [
        (json!([2.5]), Pooled::Numbers(vec![2.5])),
        (json!([[2.5]]), Pooled::Numbers(vec![2.5])),
        (json!([1, 2]), Pooled::Classes(vec![Class { label: None, probs: vec![1.0, 2.0] }])),
        (json!([[1], [2]]), Pooled::Tokens(vec![vec![vec![1.0], vec![2.0]]])),
    ] {
        assert_eq!(told(Task::Reward, 1, &json!({"data": [{"index": 0, "data": data}]})).unwrap().pooled, pooled);
    }
}

#[test]
fn what_is_wrong_with_an_answer_is_said() {
    let one = |embedding: Value| json!({"data": [{"index": 0, "embedding": embedding}]});
    for (task, texts, body, says) in [
        (Task::Embed, 2, one(json!([1.0])), "2 texts were sent and 1 results came"),
        (Task::Embed, 1, json!({"data": []}), "1 texts were sent and 0 results"),
        (Task::Embed, 1, json!({"data": [{"index": 7, "embedding": [1]}]}), "names a text that is not there"),
        (
            Task::Embed,
            2,
            json!({"data": [{"index": 0, "embedding": [1]}, {"index": 0, "embedding": [1]}]}),
            "answered before",
        ),
        (Task::Embed, 1, one(json!([0.0, null, 1.0])), "1 of 3 values for text 1 are no finite numbers"),
        (Task::Embed, 1, one(json!([1e300])), "no finite numbers"),
        (Task::Embed, 1, one(json!([])), "holds no numbers"),
        (Task::Embed, 1, one(json!(null)), "holds no numbers"),
        (Task::Embed, 1, one(json!([[1.0], [2.0]])), "a vector for each of its tokens"),
        (Task::Embed, 1, one(json!([1.0, [2.0]])), "numbers and lists stand in one list"),
        (Task::Embed, 1, one(json!("AAA")), "Base64"),
        (Task::Embed, 1, one(json!("AAAAAAA=")), "5 bytes in Base64"),
        (Task::Embed, 1, one(json!(vec![0.5; MOST_DIMENSIONS + 1])), "more than 65536 numbers"),
        (
            Task::Embed,
            2,
            json!({"data": [{"embedding": [1]}, {"embedding": [1, 2]}]}),
            "result 1 has 1 dimensions and result 2 has 2",
        ),
        (Task::Rerank, 1, json!({"results": [{"index": 0}]}), "holds no score"),
        (Task::Rerank, 1, json!({"results": [{"index": 0, "relevance_score": null}]}), "holds no score"),
        (Task::Score, 1, json!({"data": [{"index": 0, "score": "high"}]}), "no finite numbers"),
        (Task::Tokens, 1, json!({"data": [{"index": 0, "data": [0.1]}]}), "not for its tokens"),
        (Task::Embed, 1, json!({"error": {"message": "no such model", "code": 404}}), "no such model"),
        (Task::Embed, 1, json!({"choices": []}), "JSON of another shape"),
    ] {
        let why = why(task, texts, &body);
        assert!(why.contains(says), "{body}: {why}");
    }
    let told = |body: &[u8]| read(&ask(Task::Embed, 1), URL, body).unwrap_err().why;
    assert!(told(br#"{"data": [{"index": 0, "embedding": [NaN, 1.0]}]}"#).contains("NaN or infinity"));
    assert!(told(br#"{"data": [{"index": 0, "embedding": [1.0"#).contains("ends in the middle"));
    assert!(told(b"<html>no</html>").contains("web page"));
    let many = json!({"data": vec![json!({"embedding": [1]}); MOST_TEXTS + 1]});
    assert!(told(many.to_string().as_bytes()).contains("more than 1000 results"));
}
