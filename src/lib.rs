//! vramdeck, the flight deck for local models on one graphics card.
//!
//! # The map
//!
//! | room | holds | never |
//! |---|---|---|
//! | [`base`] | units, readings that may be unknown, problems, rings, terminal-safe text | I/O |
//! | [`gpu`] | cards, holders of memory, the ledger of every byte, the desktop's reserve, samples, history; `live` = NVML, host and the simulated card | engines |
//! | [`models`] | catalogue, config and header readers, local caches, **fit** (estimator, what starts taught it, solver, speed law), several on one card; `live` = disk and hub | launching anything |
//! | [`wire`] | OpenAI and Ollama requests, SSE, delta assembly; `live` = HTTP client | meaning of a tool or schema |
//! | [`store`] | where files lie, SQLite schema and migrations, records | business rules |
//! | [`engines`] | engine kinds, flags, recipes, launch plans, phases and stages, log facts, proof, doctor, metrics, installs; `live` = keeper, stop, adopt, scrape, install | drawing |
//! | [`lab`] | chat (conversation trees, export), sampling settings, many answers side by side, structured outputs (the growing tree, conformance, verdicts, lint), probes, pooling models, tool calls in raw text, chat templates, tools as data and the agent loop, scored suites | HTTP |
//! | [`app`] | the pure state machine: `update(&mut Model, Msg) -> Vec<Effect>`, keymap, one state file a screen | I/O, colours |
//! | [`ui`] | themes, layout, widgets, one view file a screen | changing state |
//! | [`runtime`] | the event loop: runs each effect, turns the world into messages | decisions |
//! | [`cli`] | the headless twin of every screen | logic of its own |
//!
//! # Who may import whom
//!
//! `base ← {gpu, models, wire, store} ← {engines, lab} ← app ← ui ← runtime ← cli ← main`.
//! No circles between rooms. I/O lives only in `live` files, `store` and `runtime`; everything else is plain functions over plain
//! data. `tests/house.rs` reads the imports and names the rule that broke.
//!
//! # Words
//!
//! *card* a GPU · *model* weights as published · *variant* one quantisation of a model · *engine* a kind of server ·
//! *run* one launched process tree · *phase* of a run · *keeper* the small process that owns a run: drains its log,
//! watches its health, outlives the deck · *sample* one telemetry reading · *holder* who holds bytes on a card ·
//! *turn* one message of a conversation · *branch* an alternative continuation · *recipe* flags chosen for a model on a card, each with
//! its reason · *profile* what the card is for · *stage* a part of a start · *proof* a prediction held against what was found ·
//! *lesson* what a start taught · *remedy* a patch of a launch that a failure calls for ·
//! *ledger* who holds which bytes · *constraint* what a reply must look like · *probe* a short check that a field of a request is really
//! obeyed · *capability card* what the probes found of an engine, its version and a model.

pub mod app;
pub mod base;
pub mod cli;
pub mod engines;
pub mod gpu;
pub mod lab;
pub mod models;
pub mod runtime;
pub mod store;
pub mod ui;
pub mod wire;
