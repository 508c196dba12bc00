//! What a key can mean in the Lab's view Pooling.

use crate::actions;

actions! {
    /// Actions of the view Pooling.
    pub enum Action {
        Run = "lab.pooling.run": "ask the model",
        Stop = "lab.pooling.stop": "stop waiting for the answer",
        NextTask = "lab.pooling.next-task": "the next task: embed, rerank, score, …",
        PreviousTask = "lab.pooling.previous-task": "the task before",
        Texts = "lab.pooling.texts": "write the texts, one a line",
        Query = "lab.pooling.query": "write the query",
        Newline = "lab.pooling.newline": "another text",
        Raw = "lab.pooling.raw": "numbers before softmax or sigmoid, or after",
        Target = "lab.pooling.target": "choose whom to ask",
        Up = "lab.pooling.up": "up",
        Down = "lab.pooling.down": "down",
        PageUp = "lab.pooling.page-up": "one page up",
        PageDown = "lab.pooling.page-down": "one page down",
        Left = "lab.pooling.left": "columns to the left",
        Right = "lab.pooling.right": "columns to the right",
        Copy = "lab.pooling.copy": "copy the numbers, separated by tabs",
        Accept = "lab.pooling.accept": "accept",
        Back = "lab.pooling.back": "back",
    }
}
