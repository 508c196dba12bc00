//! The rows of the start dialog.

use crate::engines::EngineKind;

/// One row of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Item {
    /// Which kind of server.
    Engine,
    /// Whose dialect the simulated engine speaks.
    Dialect,
    /// What it is for.
    Profile,
    /// Choices beside the profile.
    With,
    /// The model.
    Model,
    /// The address of an endpoint.
    Url,
    /// The key of an endpoint.
    ApiKey,
    /// The run's name.
    Name,
    /// The port.
    Port,
    /// The program or virtual environment.
    Program,
    /// Extra environment, `NAME=value` words.
    Environment,
    /// The list of flags.
    Flags,
}

impl Item {
    /// The word before the field.
    pub fn label(self) -> &'static str {
        match self {
            Self::Engine => "engine",
            Self::Dialect => "dialect",
            Self::Profile => "profile",
            Self::With => "with",
            Self::Model => "model",
            Self::Url => "url",
            Self::ApiKey => "key",
            Self::Name => "run name",
            Self::Port => "port",
            Self::Program => "program",
            Self::Environment => "environment",
            Self::Flags => "flags",
        }
    }

    /// What an empty field means, or what goes into it.
    pub fn placeholder(self, engine: EngineKind) -> &'static str {
        match (self, engine) {
            (Self::With, _) => "empty: nothing more; Tab completes: sleep, ngram, lora, …",
            (Self::Model, EngineKind::Vllm) => "a folder with config.json, or a hub name",
            (Self::Model, EngineKind::LlamaCpp) => "a .gguf file, or a hub name with :quant",
            (Self::Model, EngineKind::Ollama) => "a tag, for example qwen3:8b",
            (Self::Model, EngineKind::LiteLlm) => "a configuration file, or runs: all that is ready now",
            (Self::Model, EngineKind::Endpoint) => "the model's name at that address",
            (Self::Model, EngineKind::Simulated) => "any name; its size is assumed from it, e.g. demo-8B-awq",
            (Self::Url, _) => "http://host:port, with or without /v1",
            (Self::ApiKey, _) => "empty: none",
            (Self::Name, _) => "empty: made from the model",
            (Self::Port, _) => "empty: a free one",
            (Self::Program, EngineKind::Vllm) => "empty: the one on PATH; or a virtual environment",
            (Self::Program, _) => "empty: the one on PATH",
            (Self::Environment, _) => "NAME=value …, added to vramdeck's own",
            _ => "",
        }
    }
}
