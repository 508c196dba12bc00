//! What a key can mean on the Models screen.

use crate::actions;

actions! {
    /// Actions of the Models screen.
    pub enum Action {
        Down = "models.down": "next model, or one line down",
        Up = "models.up": "previous model, or one line up",
        PageDown = "models.page-down": "one page down",
        PageUp = "models.page-up": "one page up",
        First = "models.first": "to the first model or line",
        Last = "models.last": "to the last model or line",
        Start = "models.start": "the start dialog, filled for this model and this card",
        Filter = "models.filter": "filter the models by typing",
        Accept = "models.accept": "take what was typed or chosen",
        Back = "models.back": "back, or take the filter away",
        Detail = "models.detail": "go to the detail",
        Intent = "models.intent": "judge for another use: chat, long context, agents",
        Sort = "models.sort": "sort the models by the next column",
        Fits = "models.fits": "list only what fits, or all",
        OnDisk = "models.on-disk": "list only what lies on this machine, or all",
        Task = "models.task": "list only models for the next task",
        Card = "models.card": "judge for another card",
        Compare = "models.compare": "mark the model; on another one: compare the two",
        Seat = "models.seat": "choose the model to be on the card with others, or take it out",
        Together = "models.together": "plan for all chosen models together",
        Variant = "models.variant": "next way to run the model",
        VariantBack = "models.variant-back": "previous way to run the model",
        Longer = "models.longer": "longer context, fewer requests at once",
        Shorter = "models.shorter": "shorter context, more requests at once",
        Download = "models.download": "download the model, after a yes; again: cancel",
        Delete = "models.delete": "delete the model from this machine, after a yes",
        Rescan = "models.rescan": "look again at what lies on this machine",
        Copy = "models.copy": "copy the flags of the solution",
    }
}
