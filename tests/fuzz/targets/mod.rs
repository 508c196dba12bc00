//! One function a reader: it takes bytes and asserts what must hold of them.

mod agent;
mod engines;
mod files;
mod fit;
mod gauges;
mod models;
mod samples;
mod talk;
mod text;
mod tools;
mod wire;

use crate::runner::{Target, fuzz};

macro_rules! targets {
    ($($name:ident = $run:path, $tokens:expr;)*) => {
        $(#[test]
        fn $name() {
            const TOKENS: &[&[u8]] = $tokens;
            fuzz(&Target { name: stringify!($name), run: $run, tokens: TOKENS });
        })*
    };
}

targets! {
    text_clean = text::cleaning, &[b"\x1b", b"[", b"]", b"\x07", b"\x1b\\", b"\r", "\u{9b}".as_bytes()];
    text_fit = text::fitting, &["\u{644}\u{627}".as_bytes(), "\u{1f3f3}\u{fe0f}".as_bytes(), "\u{200d}".as_bytes()];
    sse = wire::sse, &[b"data:", b"data: ", b"event: error", b":", b"\n\n", b"\r\n", b"\r", b"id: 1", b"retry: 9", b"[DONE]"];
    stream = wire::stream, wire::TOKENS;
    fault = wire::fault, wire::FAULT_TOKENS;
    models = wire::models, wire::TOKENS;
    pooling = wire::pooling, &[b"\"data\":[", b"\"results\":[", b"{\"index\":0,", b"\"embedding\":[", b"\"relevance_score\":", b"\"probs\":[", b"\"data\":[[", b"\"label\":\"", b"\"usage\":{\"prompt_tokens\":", b"\"id2label\":{\"0\":\"", b"NaN", b"1e999", b"null", b"\"AACAPw==\"", b"\\u001b", b"}]}"];
    url = wire::url, &[b"http://", b"https://", b"://", b"/v1", b"[::1]", b":8000", b"@", b"?", b"#"];
    keymap = files::keymap, &[b"[global]", b"\"ctrl+p\" = \"", b"none", b"ctrl+", b"shift+", b"\"\\u001b\"", b"=", b"f25"];
    theme = files::theme, &[b"[palette]", b"[roles]", b"inherits = ", b"\"#12345\"", b"{ fg = ", b"bold = ", b"'", b"\"\\u001b\""];
    settings = files::settings, &[b"[engines.vllm]", b"sample_hz = ", b"model_folders = [", b"= ", b"\"\\u001b[2J\"", b"nan", b"engines.\"llama.cpp\""];
    scenario = files::scenario, &[b"[[card]]", b"[[card.process]]", b"memory_mib = ", b"[[0, 1], [2, 3]]", b"nan", b"inf", b"\"\\u001b\""];
    presets = files::presets, &[b"[a]", b"temperature = ", b"stop = [", b"seed = ", b"= ", b"nan", b"\"\\u001b\"", b"inf", b"-0.0"];
    script = files::script, &[b"[requests.1]", b"status = ", b"fail = ", b"children = [", b"bytes = [", b"\"\\u001b\""];
    log = engines::log, engines::LOG_TOKENS;
    metrics = gauges::metrics, gauges::TOKENS;
    doctor = engines::doctor, engines::DOCTOR_TOKENS;
    help = engines::help, &[b"  --", b"--", b", ", b"{a,b}", b"[", b"(default: ", b"allowed values: ", b"----- x params -----", b"\n\n", b"  ", b"N"];
    flags = engines::flags, &[b"--", b"--no-", b"=", b"--ctx-size ", b"--max-model-len ", b"32k", b"{\"a\":", b"auto", b"-1", b"."];
    recipe = engines::recipe, &[b"vllm serve ", b"docker run ", b"llama-server ", b"ollama run ", b"--", b"'", b"\"", b"\\\n", b"$HF_TOKEN", b"${X:-", b"$(", b"A=b ", b"-e ", b"-p 8000:8000 ", b"vllm/vllm-openai ", b"[[rule]]\n", b"[[flag]]\nname = ", b"engine = \"vllm\"\n", "\u{201c}".as_bytes()];
    gguf = engines::gguf, &[b"GGUF", b"general.alignment", b"general.architecture", b".context_length", b".block_count", b".attention.head_count_kv", b".attention.sliding_window", b"blk.0.attn_k.weight", b"blk.0.ssm_conv1d.weight", b"token_embd.weight", b"split.count", &[9, 0, 0, 0], &[8, 0, 0, 0], &[0, 0, 0, 3], &[0xff; 8]];
    ollama_store = engines::ollama_store, &[b"\"layers\":[", b"\"digest\":\"sha256:", b"\"size\":", b"\"config\":", b"application/vnd.ollama.image.model", b"/", b":", b"..", b"registry.ollama.ai/library/", b"\"\\u001b\""];
    safetensors = engines::safetensors, &[b"\"data_offsets\":[0,", b"__metadata__", b"18446744073709551615", b"{", b"}"];
    tensors = models::tensors, &[b"\"data_offsets\":[0,", b"\"shape\":[", b"\"dtype\":\"F8_E4M3\"", b"__metadata__", b"18446744073709551615", b"-1", b"model.layers.", b".experts.", b"lm_head.weight", b"{", b"}"];
    tensor_index = models::index, &[b"\"weight_map\":{", b"\"total_size\":", b"../", b"\\u0000", b"1e308", b".safetensors\"", b"null"];
    hub_answer = models::hub_answer, &[b"\"siblings\":[", b"\"rfilename\":\"", b"../", b"\"lfs\":{", b"\"sha256\":", b"\"blobId\":", b"\"size\":18446744073709551615", b"-00001-of-99999.gguf"];
    hub_list = models::hub_list, &[b"[{\"id\":\"", b"\"modelId\":", b"\"downloads\":18446744073709551615", b"\"gated\":\"auto\"", b"../", b":", b"@", b"\\u001b"];
    hub_name = models::hub_name, &[b"/", b"@", b":", b"..", b"--", b"https://huggingface.co/", b"/tree/", b".git", b"%2f", b"\x1b"];
    model_config = fit::model_config, &[b"\"num_hidden_layers\":", b"\"layer_types\":[", b"\"num_key_value_heads\":0", b"\"head_dim\":18446744073709551615", b"\"text_config\":{", b"\"vision_config\":{", b"\"sliding_window\":1", b"\"hidden_size\":", b"\"num_experts\":", b"\"kv_lora_rank\":", b"-1", b"1e308", b"null", b"[]", b"true"];
    quantisation = fit::quantisation, &[b"\"quant_method\":\"", b"\"bits\":", b"\"group_size\":", b"\"config_groups\":{", b"\"ignore\":[\"re:", b"\"modules_to_not_convert\":", b"18446744073709551615", b"-1", b"null", b"compressed-tensors\"", b"modelopt\""];
    catalogue = fit::catalogue, &[b"\"config\":{", b"\"variants\":[", b"\"params\":", b"\"num_hidden_layers\":18446744073709551615", b"-1", b"1e308", b"null", b"\n", b"#", b"\"\\u001b\""];
    engine_words = fit::engine_words, &[b"--max-model-len ", b"--gpu-memory-utilization=", b"-c ", b"-ngl ", b"-ctk q8_0 ", b"--kv-cache-dtype ", b"--num-parallel ", b"auto", b"nan", b"-1", b"1k", b"--"];
    run_state = engines::run_state, &[b"\"phase\":\"ready\"", b"\"run\":\"", b"..", b"\"started_at\":", b"\\u001b", b"null", b"\"pids\":["];
    process_names = engines::process_names, &[b"--api-key", b"=", b"Bearer ", b"HF_TOKEN=", b"\0", b"'", b"(", b"/", b"sh\0-c\0"];
    conversation = talk::conversation, &[b"\"parent\":", b"\"id\":", b"\"chosen\":", b"null", b"\"Streaming\"", b"\"turns\":[", b"1e308", b"\"choices\":[]"];
    markdown = talk::markdown, &[b"```", b"~~~", b"| a | b |\n|---|---|\n", b"- ", b"1. ", b"> ", b"# ", b"**", b"[x](y)", b"<br>", b"&#27;", b"\t", b"---\n", b"    ", b"- [ ] ", "\u{65e5}".as_bytes()];
    sampling = talk::sampling, &[b"unset", b"-", b"on", b"[\"", b"\", \"", b"\\n", b"\"", b",", b"_", b"nan", b"1e3"];
    samples = samples::answers, samples::TOKENS;
    samples_grid = samples::grid, &[b"temperature=", b"top_k=", b"seed=", b"ignore_eos=", b",", b"unset", b"-", b"nan", b"1e309", b"9223372036854775807", b"on", b" "];
    search = talk::search, &[b"\"", b"*", b" OR ", b"NEAR(", b"-", b":", b"^", b"%", b"\0", b"{", b"AND NOT"];
    key = talk::key, &[b"ctrl+", b"alt+", b"shift+", b"f12", b"plus", b"+", b"space", "\u{df}".as_bytes()];
    tool_json = tools::json, &[b"<tool_call>", b"</tool_call>", b"{\"name\": \"f\", \"arguments\": ", b"{", b"}", b"[", b"]", b"\"", b"\\", b"\\ud83c", b"[TOOL_CALLS]", b"```json", b"functools[", b"TOOL_CALL:", b"<|python_tag|>", b"<think>", b"</think>", b"; ", b"null"];
    tool_named = tools::named, &[b"[TOOL_CALLS]", b"[ARGS]", b"<|tool_call_begin|>functions.f:0", b"<|tool_call_argument_begin|>", b"<|tool_call_end|>", "<\u{ff5c}tool\u{2581}call\u{2581}begin\u{ff5c}>".as_bytes(), "<\u{ff5c}tool\u{2581}sep\u{ff5c}>".as_bytes(), b"{\"a\": 1}", b">>>", b"all\n", b"python\n", b"```json\n", b"[THINK]", b"[/THINK]"];
    tool_tagged = tools::tagged, &[b"<tool_call>", b"</tool_call>", b"<function=f>", b"</function>", b"<parameter=a>", b"</parameter>", b"<arg_key>", b"</arg_key>", b"<arg_value>", b"</arg_value>", b"<invoke name=\"f\">", b"<parameter name=\"a\">", b"<param name='a'>", b"<![CDATA[", b"&lt;", b"\n", b"</think>"];
    tool_python = tools::python, &[b"[f(", b"f(", b"a=", b")", b"]", b", ", b"'", b"\"", b"\"\"\"", b"\\", b"{'k': ", b"(1,)", b"None", b"-0x1", b"1e9", b"<|tool_call_start|>", b"<|tool_call_end|>", b"<function_calls>", b"\n"];
    tool_gemma = tools::gemma, &[b"<|tool_call>", b"<tool_call|>", b"call:f{", b"<|\"|>", b"<escape>", b"<start_function_call>", b"<end_function_call>", b"a:", b"{", b"}", b"[", b"]", b",", b"(", b")", b"<|channel>thought\n", b"<channel|>"];
    tool_channel = tools::channel, &[b"<|start|>assistant", b"<|channel|>", b"analysis", b"commentary", b"final", b" to=functions.f ", b"<|constrain|>json", b"<|message|>", b"<|end|>", b"<|call|>", b"<|return|>", b"{\"a\": 1}"];
    tool_any_format = tools::any_format, &[b"<tool_call>", b"[TOOL_CALLS]", b"<function=f>", b"[f(a=1)]", b"{\"name\": \"f\", \"parameters\": {}}", b"</think>", b"functools[", b"<|channel|>final<|message|>"];
    tool_descriptions = tools::descriptions, &[b"[[format]]\nname = 'x'\n", b"[[format.call]]\nbody = ", b"'json'\n", b"'tagged'\n", b"open = ['@@']\n", b"close = ['']\n", b"key = '='\n", b"bare = true\n", b"at_start = true\n", b"[]", b"''"];
    tool_definitions = tools::definitions, &[b"{\"name\": \"f\"", b"\"parameters\": {\"properties\": {", b"\"type\": ", b"\"$ref\": \"#/", b"\"anyOf\": [", b"\"enum\": [null, 1.5]", b"[[[[", b"\"function\": {"];
    template = tools::template, &[b"{{ ", b" }}", b"{% ", b" %}", b"{%- for m in messages %}", b"{% endfor %}", b"{% if ", b"{% endif %}", b"{% generation %}", b"{% endgeneration %}", b"m.content", b"|tojson(indent=2)", b"|string", b".split('a')[-1]", b".items()", b"namespace(a=1)", b"{% macro f(x) %}", b"{% endmacro %}", b"{# ", b" #}", b"{% raw %}", b"[::-1]", b"is string", b"raise_exception('x')", b"strftime_now('%d')"];
    template_files = tools::template_files, &[b"\"chat_template\": ", b"{\"name\": \"default\", \"template\": \"", b"\"bos_token\": {\"content\": ", b"\"max_position_embeddings\": ", b"{\"messages\": [{\"role\": \"user\"", b"\"content\": [{\"type\": \"text\"", b"\"tool_calls\": [{\"function\": {\"arguments\": \"{}\"", b"\"tools\": [{\"name\": \"f\"", b"\"reasoning\": ", b"null", b"\n"];
    agent_tools = agent::tools, &[b"\"run\": {\"kind\": \"command\", \"argv\": [", b"\"run\": {\"kind\": \"http\", \"url\": \"http://h/", b"{a}", b"{?a,b}", b"{&a}", b"\"$ref\": \"", b"\"method\": \"", b"\"headers\": {", b"\"limits\": {\"seconds\": ", b"\"parameters\": {", b"1e308", b"\"canned\", \"answer\": "];
    agent_signature = agent::python, &[b"def f(", b"a: ", b"list[", b"Optional[", b"Literal[\"", b" = ", b"\"\"\"", b") -> ", b"Args:\n  a: ", b"#", b"\\", b"*", b"|"];
    agent_openapi = agent::api, &[b"\"$ref\": \"#/components/schemas/A\"", b"\"in\": \"query\"", b"\"in\": \"path\"", b"\"required\": true", b"\"/a/{b}\": {\"get\": {", b"\"schema\": {", b"\"requestBody\": {\"content\": {\"application/json\": {", b"\"servers\": [{\"url\": \"http://h", b"..", b"{", b"}", b"\\u0000"];
    mcp_servers = agent::servers, &[b"\"command\": \"", b"\"url\": \"http://h", b"${KEY}", b"${KEY:-", b"${env:", b"\"headers\": {\"a\": ", b"\"env\": {", b"\"args\": [", b"\"cwd\": \"", b"\"type\": \"http\"", b"\\u001b", b"\"servers\": {", b"\"disabled\": true"];
    mcp_listed = agent::listed, &[b"{\"name\": \"a b\", \"inputSchema\": {", b"\"$ref\": \"https://h\"", b"\"type\": \"object\"", b"\"properties\": {", b"\"description\": \"", b"\\u0000", b"\"$schema\": ", b"null"];
    calculator = agent::expression, &[b"sqrt(", b"round(", b"factorial(", b"**", b"^", b"-", b"1e308", b"1e-308", b"%", b"pi", b",", b"\xe2\x88\x92", b"((((", b"log("];
    agent_loop = agent::exchange, &[b"\n{run:{\"a\": \"b\"}", b";sum:{\"expression\": \"1\"}", b"\n+0", b"\n*1", b"\n!2", b"\n-0", b"\n=0 text", b"\ngo", b"\nstop", b"\nTOOL_CALL: {\"name\": \"run\", \"arguments\": {\"a\": \"x\"}}", b"<tool_call>{\"name\": \"sum\", \"arguments\": {}}</tool_call>", b"[TOOL_CALLS] [{\"name\": \"run\", \"arguments\": {}}]", b"[run(a=\"x\")]", b"{\"name\": \"run\", \"parameters\": {}}", b"<think>", b"\\n"];
}
