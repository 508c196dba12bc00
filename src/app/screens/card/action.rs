//! What a key can mean on the Card screen.

use crate::actions;

actions! {
    /// Actions of the Card screen.
    pub enum Action {
        Down = "card.down": "next process",
        Up = "card.up": "previous process",
        PageDown = "card.page-down": "one page of processes down",
        PageUp = "card.page-up": "one page of processes up",
        First = "card.first": "first process",
        Last = "card.last": "last process",
        End = "card.end-process": "end the selected process, after a yes",
        Sort = "card.sort": "sort the processes by the next column",
        Reverse = "card.reverse": "turn the order of the processes round",
        Facts = "card.facts": "show every fact of the card, or go back",
        NextCard = "card.next-card": "next card",
        PreviousCard = "card.previous-card": "previous card",
        ReserveMore = "card.reserve-more": "keep more of the card for the desktop",
        ReserveLess = "card.reserve-less": "keep less of the card for the desktop",
        ResetPeaks = "card.reset-peaks": "forget the peaks seen so far",
    }
}
