//! What a key can mean on the Structured screen.

use crate::actions;

actions! {
    /// Actions of the Structured screen.
    pub enum Action {
        Down = "structured.down": "one row down",
        Up = "structured.up": "one row up",
        PageDown = "structured.page-down": "one page down",
        PageUp = "structured.page-up": "one page up",
        First = "structured.first": "to the first row",
        Last = "structured.last": "to the last row; the tree is followed again",
        Run = "structured.run": "ask the model, under the constraint",
        Prompt = "structured.prompt": "write the question",
        Request = "structured.request": "what is sent, and what the engine will not do of it",
        View = "structured.view": "the next view: text, verdict, request, cost",
        ViewBack = "structured.view-back": "the view before",
        Cost = "structured.cost": "what the constraint costs: the same question with and without it",
        Suite = "structured.suite": "scores of suites: run one, compare two",
        Quick = "structured.suite-quick": "run the quick suite",
        Full = "structured.suite-full": "run the full suite",
        SuiteStop = "structured.suite-stop": "end the suite that runs; what is done is kept",
        Mark = "structured.mark": "hold the other scores against this one",
        Target = "structured.target": "choose whom to ask",
        Edit = "structured.edit": "edit the constraint",
        New = "structured.new": "write a constraint",
        Delete = "structured.delete": "delete your own constraint, after a yes",
        Save = "structured.save": "save what was edited",
        Kind = "structured.kind": "the next kind of constraint",
        Example = "structured.example": "make a schema of the example that is written",
        More = "structured.more": "the next value, unfold, or the view to the right",
        Less = "structured.less": "the value before, fold, or the view to the left",
        Fold = "structured.fold": "fold or unfold the row",
        FoldAll = "structured.fold-all": "fold everything below the first level",
        UnfoldAll = "structured.unfold-all": "unfold everything",
        Follow = "structured.follow": "go with what comes, or stay",
        Path = "structured.path": "copy the path of the row",
        Accept = "structured.accept": "take it, or go to the row that it is about",
        Copy = "structured.copy": "copy what the pane shows",
        Stop = "structured.stop": "stop the answer",
        Back = "structured.back": "back",
    }
}
