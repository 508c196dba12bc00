//! A small engine whose every field can be obeyed, ignored or refused: a language of a dozen words, drawn as engines draw.

use serde_json::{Map, Value, json};
use std::collections::{BTreeSet, HashMap};
use vramdeck::lab::probes::{Answer, Ask, Call, Choice, Said};
use vramdeck::wire::TokenLogprob;

const WORDS: [&str; 12] = [
    " alpha", " bravo", " charlie", " delta", " echo", " foxtrot", " golf", " hotel", " india", " juliet", " kilo",
    " lima",
];
/// The token that ends, and one that no text holds by itself.
const END: usize = 12;
const Q: usize = 13;
/// Its context in tokens.
pub const CONTEXT: u64 = 512;

/// What it does with fields.
#[derive(Debug, Clone, Default)]
pub struct Manners {
    /// Fields that are taken and ignored.
    pub ignores: BTreeSet<&'static str>,
    /// Fields that are refused.
    pub refuses: BTreeSet<&'static str>,
    /// How often a greedy answer is not the one that it should be.
    pub noise: f64,
    /// Prompts that are too long are cut without a word.
    pub cuts: bool,
}

/// The engine.
#[derive(Debug, Clone)]
pub struct Toy {
    pub manners: Manners,
    model: u64,
    chance: u64,
    /// Greedy texts that were written before, by what was asked.
    written: HashMap<(u64, String), (Choice, u64)>,
}

fn mix(mut z: u64) -> u64 {
    z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn unit(state: &mut u64) -> f64 {
    *state = mix(*state);
    (*state >> 11) as f64 / (1_u64 << 53) as f64
}

/// One request as the engine understands it.
#[derive(Debug)]
struct Wish {
    heat: f64,
    top_k: usize,
    top_p: f64,
    min_p: f64,
    presence: f64,
    frequency: f64,
    repetition: f64,
    most: usize,
    least: usize,
    stop: Vec<String>,
    endless: bool,
    forced: Option<usize>,
    logprobs: usize,
}

impl Toy {
    pub fn new(model: u64, manners: Manners) -> Self {
        Self { manners, model: mix(model), chance: mix(model ^ 0xabcd), written: HashMap::new() }
    }

    pub fn answer(&mut self, ask: &Ask) -> Answer {
        match ask {
            Ask::Ids(text) => Answer::Ids(if text == "Q" { vec![Q as u32] } else { vec![1, 2] }),
            Ask::Count { messages, .. } => Answer::Count(self.prompt_tokens(messages)),
            Ask::Chat { messages, fields, stream } => self.chat(messages, fields, *stream),
        }
    }

    fn obeyed<'a>(&self, fields: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
        fields.get(name).filter(|_| !self.manners.ignores.contains(name))
    }

    fn prompt_tokens(&self, messages: &[Value]) -> u64 {
        let content = &messages[0]["content"];
        let text = content.as_str().or_else(|| content.as_array()?.iter().find_map(|part| part["text"].as_str()));
        let picture = content.as_array().is_some_and(|parts| parts.iter().any(|part| part.get("image_url").is_some()));
        let seen = if picture && !self.manners.ignores.contains("images") { 16 } else { 0 };
        5 + text.unwrap_or_default().split_whitespace().count() as u64 + seen
    }

    pub fn chat(&mut self, messages: &[Value], fields: &Map<String, Value>, stream: bool) -> Answer {
        let n = self.obeyed(fields, "n").and_then(Value::as_u64).unwrap_or(1);
        if let Some(name) = fields.keys().find(|name| self.manners.refuses.contains(name.as_str())) {
            return Answer::Refused(format!("unknown field {name} (HTTP 400)"));
        }
        if self.obeyed(fields, "best_of").and_then(Value::as_u64).is_some_and(|best| best < n) {
            return Answer::Refused("best_of must be at least n (HTTP 400)".into());
        }
        let mut prompt = self.prompt_tokens(messages);
        if prompt > CONTEXT && !self.manners.cuts {
            return Answer::Refused(format!("{prompt} tokens exceed the context (HTTP 400)"));
        }
        let text = messages[0]["content"].as_str().unwrap_or_default().to_owned();
        let words: Vec<&str> = text.split_whitespace().collect();
        let room = (CONTEXT - 5) as usize;
        let read = if words.len() > room { words[words.len() - room..].join(" ") } else { text.clone() };
        prompt = prompt.min(CONTEXT);
        let wish = self.wish(fields);
        let base = read.bytes().fold(self.model, |hash, byte| mix(hash ^ u64::from(byte)));
        let seed = self.obeyed(fields, "seed").and_then(Value::as_u64);
        let mut choices = Vec::new();
        let mut completion = 0;
        for index in 0..n {
            let mut state = match seed {
                Some(seed) => mix(seed ^ (index << 40) ^ 0x5eed),
                None => {
                    self.chance = mix(self.chance);
                    self.chance
                }
            };
            let beams = self.obeyed(fields, "use_beam_search").is_some();
            let wish = Wish { heat: if beams { 0.0 } else { wish.heat }, ..self.wish(fields) };
            let (mut choice, tokens) = self.write(base ^ if beams { index } else { 0 }, &wish, &mut state);
            completion += tokens;
            self.constrain(fields, &mut choice);
            self.call(&text, fields, stream, &mut choice);
            choices.push(choice);
        }
        Answer::Said(Said { choices, prompt_tokens: Some(prompt), completion_tokens: Some(completion) })
    }

    fn wish(&self, fields: &Map<String, Value>) -> Wish {
        let number = |name: &str| self.obeyed(fields, name).and_then(Value::as_f64);
        let whole = |name: &str| number(name).map(|number| number as usize);
        let bias = self.obeyed(fields, "logit_bias").and_then(Value::as_object);
        Wish {
            heat: number("temperature").unwrap_or(1.0),
            top_k: whole("top_k").filter(|k| *k > 0).unwrap_or(99),
            top_p: number("top_p").unwrap_or(1.0),
            min_p: number("min_p").unwrap_or(0.0),
            presence: number("presence_penalty").unwrap_or(0.0),
            frequency: number("frequency_penalty").unwrap_or(0.0),
            repetition: number("repetition_penalty").unwrap_or(1.0),
            most: whole("max_tokens").unwrap_or(64),
            least: whole("min_tokens").unwrap_or(0),
            stop: self
                .obeyed(fields, "stop")
                .and_then(Value::as_array)
                .map(|all| all.iter().filter_map(|text| text.as_str().map(str::to_owned)).collect())
                .unwrap_or_default(),
            endless: self.obeyed(fields, "ignore_eos") == Some(&json!(true)),
            forced: bias.and_then(|bias| bias.keys().next()?.parse().ok()),
            logprobs: whole("top_logprobs").filter(|_| self.obeyed(fields, "logprobs").is_some()).unwrap_or(0),
        }
    }

    /// Writes a text token by token; gives it with its number of tokens.
    fn write(&mut self, base: u64, wish: &Wish, state: &mut u64) -> (Choice, u64) {
        let mut choice = Choice { finish: "length".into(), ..Choice::default() };
        let (mut counts, mut last, mut tokens) = ([0_u32; 14], 0_u64, 0_u64);
        // A noisy engine takes the second best once in a greedy answer.
        self.chance = mix(self.chance);
        let slip = (unit(&mut self.chance) < self.manners.noise).then_some((self.chance % 3) as usize);
        let known = (base, format!("{wish:?}"));
        if wish.heat <= 0.0
            && slip.is_none()
            && let Some(written) = self.written.get(&known)
        {
            return written.clone();
        }
        for at in 0..wish.most {
            let mut raw = [0.0_f64; 14];
            for (token, logit) in raw.iter_mut().enumerate() {
                let mut hash = base ^ mix(last ^ ((at as u64) << 32) ^ token as u64);
                *logit = 4.0 * unit(&mut hash);
            }
            raw[END] = -3.0 + 0.9 * at as f64;
            raw[Q] = -30.0;
            if at < wish.least || wish.endless {
                raw[END] = -99.0;
            }
            let mut logits = raw;
            for (token, logit) in logits.iter_mut().enumerate() {
                if counts[token] > 0 {
                    *logit -= wish.presence + wish.frequency * f64::from(counts[token]);
                    *logit = if *logit > 0.0 { *logit / wish.repetition } else { *logit * wish.repetition };
                }
            }
            if let Some(forced) = wish.forced.filter(|forced| *forced < logits.len()) {
                logits[forced] += 100.0;
            }
            let mut token = draw(&logits, wish, state);
            if slip == Some(at) && wish.heat == 0.0 {
                token = (token + 1) % 12;
            }
            tokens += 1;
            if token == END {
                choice.finish = "stop".into();
                break;
            }
            counts[token] += 1;
            last = token as u64 + 1;
            let piece = if token == Q { "Q" } else { WORDS[token] };
            if wish.logprobs > 0 {
                choice.logprobs.push(logged(&raw, token, wish.logprobs));
            }
            choice.text.push_str(piece);
            if let Some(cut) = wish.stop.iter().find_map(|stop| choice.text.find(stop.as_str())) {
                choice.text.truncate(cut);
                choice.finish = "stop".into();
                break;
            }
        }
        if wish.heat <= 0.0 && slip.is_none() {
            self.written.insert(known, (choice.clone(), tokens));
        }
        (choice, tokens)
    }

    fn constrain(&self, fields: &Map<String, Value>, choice: &mut Choice) {
        let given = |name: &str| self.obeyed(fields, name);
        let of_schema = |schema: &Value| {
            let (name, inner) = schema["properties"].as_object().and_then(|all| all.iter().next()).unwrap();
            json!({name: inner["enum"][0]}).to_string()
        };
        let of_grammar = |text: &str| text.split('"').nth(1).unwrap().to_owned();
        let outputs = given("structured_outputs").and_then(Value::as_object).and_then(|all| all.iter().next());
        let format = given("response_format");
        let text = match (outputs, format) {
            (Some((kind, value)), _) => Some(match kind.as_str() {
                "json" => of_schema(value),
                "regex" => value.as_str().unwrap()[1..].split('|').next().unwrap().to_owned(),
                "choice" => value[0].as_str().unwrap().to_owned(),
                _ => of_grammar(value.as_str().unwrap()),
            }),
            (_, Some(format)) if format["type"] == "json_schema" => Some(of_schema(&format["json_schema"]["schema"])),
            (_, Some(_)) => Some("{}".to_owned()),
            _ => given("grammar").and_then(Value::as_str).map(of_grammar).or_else(|| {
                ["guided_json", "json_schema", "format"].iter().find_map(|name| given(name)).map(of_schema)
            }),
        };
        if let Some(text) = text {
            (choice.text, choice.finish) = (text, "stop".into());
        }
    }

    fn call(&self, text: &str, fields: &Map<String, Value>, stream: bool, choice: &mut Choice) {
        if !fields.contains_key("tools") {
            return;
        }
        let wanted = self.obeyed(fields, "tool_choice");
        let own = match text {
            text if text.contains("Compare") => 2,
            text if text.contains("weather") => 1,
            _ => 0,
        };
        let (name, count) = match wanted {
            Some(Value::String(word)) if word == "none" => ("", 0),
            Some(Value::String(_)) => ("get_weather", own.max(1)),
            Some(named) => (named["function"]["name"].as_str().unwrap(), 1),
            None => ("get_weather", own),
        };
        let single = self.obeyed(fields, "parallel_tool_calls") == Some(&json!(false));
        let pieces = if stream && !self.manners.ignores.contains("tool_stream") { 4 } else { u32::from(stream) };
        let call = Call { name: name.to_owned(), arguments: r#"{"city": "Paris"}"#.into(), pieces };
        choice.calls = vec![call; if single { count.min(1) } else { count }];
        if count > 0 {
            choice.text.clear();
            choice.finish = "tool_calls".into();
        }
    }
}

fn draw(logits: &[f64; 14], wish: &Wish, state: &mut u64) -> usize {
    let best = (0..14).max_by(|a, b| logits[*a].total_cmp(&logits[*b])).unwrap();
    if wish.heat <= 0.0 {
        return best;
    }
    let mut shares: Vec<(usize, f64)> =
        (0..14).map(|at| (at, ((logits[at] - logits[best]) / wish.heat).exp())).collect();
    shares.sort_by(|a, b| b.1.total_cmp(&a.1));
    shares.truncate(wish.top_k);
    let sum: f64 = shares.iter().map(|(_, share)| share).sum();
    shares.retain(|(_, share)| *share >= wish.min_p * 0.999_999);
    let mut reached = 0.0;
    let mut kept = 0;
    for (_, share) in &shares {
        kept += 1;
        reached += share / sum;
        if reached >= wish.top_p {
            break;
        }
    }
    shares.truncate(kept.max(1));
    let sum: f64 = shares.iter().map(|(_, share)| share).sum();
    let mut left = unit(state) * sum;
    shares
        .iter()
        .find(|(_, share)| {
            left -= share;
            left <= 0.0
        })
        .map_or(best, |(at, _)| *at)
}

fn logged(raw: &[f64; 14], chosen: usize, top: usize) -> TokenLogprob {
    let sum = raw.iter().map(|logit| logit.exp()).sum::<f64>().ln();
    let name = |at: usize| match at {
        END => "<end>".to_owned(),
        Q => "Q".to_owned(),
        at => WORDS[at].to_owned(),
    };
    let mut all: Vec<(String, f64)> = (0..14).map(|at| (name(at), raw[at] - sum)).collect();
    let logprob = all[chosen].1;
    all.sort_by(|a, b| b.1.total_cmp(&a.1));
    all.truncate(top);
    TokenLogprob { token: name(chosen), logprob, top: all }
}
