//! What a key can mean in the Lab's view Sampling.

use crate::actions;

actions! {
    /// Actions of the view Sampling.
    pub enum Action {
        Down = "lab.sampling.down": "one row down, or the next alternative",
        Up = "lab.sampling.up": "one row up, or the alternative before",
        Right = "lab.sampling.right": "the next column, value or token",
        Left = "lab.sampling.left": "the column, value or token before",
        First = "lab.sampling.first": "to the first row or token",
        Last = "lab.sampling.last": "to the last row or token",
        Run = "lab.sampling.run": "ask for the answers",
        Stop = "lab.sampling.stop": "stop; what has come stays",
        Prompt = "lab.sampling.prompt": "write the prompt",
        System = "lab.sampling.system": "write the system text",
        Target = "lab.sampling.target": "choose whom to ask, several by marks",
        Check = "lab.sampling.check": "ask this one too, or do not",
        Accept = "lab.sampling.accept": "take it, or look into it",
        Back = "lab.sampling.back": "back",
        Mark = "lab.sampling.mark": "mark the group, to hold another against it",
        Difference = "lab.sampling.difference": "the marked group, or the largest, and this one word by word",
        Equal = "lab.sampling.equal": "whether white space tells answers apart",
        Tokens = "lab.sampling.tokens": "the tokens of the answer, with their probabilities",
        NextAnswer = "lab.sampling.answer-next": "the tokens of the next answer",
        Unsure = "lab.sampling.unsure": "to the next token that was not likely",
        WhatIf = "lab.sampling.what-if": "go on from this alternative",
        Other = "lab.sampling.other": "go on from a token of your own",
        Preset = "lab.sampling.preset": "save these settings as a preset",
        Copy = "lab.sampling.copy": "copy the answer",
    }
}
