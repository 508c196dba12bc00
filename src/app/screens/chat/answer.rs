//! Asking and being answered: send, queue, stream, cancel, ask again.

use super::effect::{Ask, Effect, Write};
use super::state::{Cx, Pane, State};
use super::stream::{Stream, StreamId};
use super::talk::{Scroll, Talk};
use super::target::Resolved;
use crate::base::Problem;
use crate::lab::chat::{Conversation, ConversationId, Figures, Role, Said, TurnEnd, TurnFigures, TurnId};
use crate::lab::sampling::{self, Param};
use crate::wire::{ChatRequest, Dialect, StreamEvent};

/// What is to be answered.
enum Wish {
    /// Something new is said after the leaf.
    Say(Said),
    /// Something else is said in place of a user turn.
    Instead(TurnId, Said),
    /// Another answer in place of an assistant turn.
    Again(TurnId),
    /// An answer to the leaf, which has none.
    Answer,
}

impl State {
    /// Sends what stands in the composer; queues it while an answer comes.
    pub(super) fn send(&mut self, cx: &mut Cx<'_>) {
        if self.front.composer.is_blank() {
            return;
        }
        let editing = self.front.editing;
        if self.front.busy() {
            if editing.is_some() {
                cx.info("an answer is still coming: Esc stops it, then send the edited message");
                return;
            }
            let said = self.front.composer.take();
            self.front.queue.push(said);
            self.save_draft();
            return;
        }
        let resolved = match self.resolve(cx.shared) {
            Ok(resolved) => resolved,
            Err(problem) => return cx.problem(problem),
        };
        // The draft is kept under the conversation it was written in, before that gets its identity.
        let said = self.front.composer.take();
        self.save_draft();
        self.remember(&said.text, cx);
        self.front.editing = None;
        let wish = match editing {
            Some(turn) => Wish::Instead(turn, said),
            None => Wish::Say(said),
        };
        self.begin(self.front.id(), wish, &resolved, cx);
    }

    /// Keeps what was said for the history.
    fn remember(&mut self, text: &str, cx: &Cx<'_>) {
        if text.is_empty() {
            return;
        }
        self.history.retain(|old| old != text);
        self.history.push(text.to_owned());
        self.storage.push(Write::Input { text: text.to_owned(), at: cx.now() });
    }

    /// Asks again for the selected answer, or the last one.
    pub(super) fn retry(&mut self, cx: &mut Cx<'_>) {
        if self.front.busy() {
            return cx.info("an answer is still coming: Esc stops it");
        }
        let unanswered = self.front.tree.path().last().is_some_and(|turn| turn.role == Role::User);
        let wish = match self.front.turn_of(Role::Assistant).map(|turn| turn.id) {
            _ if unanswered && self.front.selected.is_none() => Wish::Answer,
            Some(turn) => Wish::Again(turn),
            None if unanswered => Wish::Answer,
            None => return,
        };
        match self.resolve(cx.shared) {
            Ok(resolved) => self.begin(self.front.id(), wish, &resolved, cx),
            Err(problem) => cx.problem(problem),
        }
    }

    /// Puts the turns into the tree and the request on its way behind them.
    fn begin(&mut self, id: ConversationId, wish: Wish, to: &Resolved, cx: &mut Cx<'_>) {
        let settings = self.sampling.settings.clone();
        self.generation += 1;
        let generation = self.generation;
        let Some(talk) = self.talk_mut(id) else { return };
        let now = cx.now();
        if !talk.begun() {
            let system_prompt = std::mem::take(&mut talk.tree.system_prompt);
            talk.tree = Conversation::new(now);
            talk.tree.system_prompt = system_prompt;
        }
        let said = match &wish {
            Wish::Say(said) => Some((talk.tree.add_user(&said.text, now), said)),
            Wish::Instead(turn, said) => {
                let edited = talk.tree.edit_user(*turn, &said.text, now);
                Some((edited.unwrap_or_else(|| talk.tree.add_user(&said.text, now)), said))
            }
            Wish::Again(_) | Wish::Answer => None,
        };
        let said = said.map(|(turn, said)| {
            talk.tree.attach(turn, said.images.clone());
            turn
        });
        let answer = match wish {
            Wish::Again(turn) => talk.tree.regenerate(turn, settings.clone(), &to.model, now),
            _ => talk.tree.begin_answer(settings.clone(), &to.model, now),
        };
        let Some(turn) = answer else { return };
        talk.tree.endpoint = Some(to.base_url.clone());
        let stream = StreamId { conversation: talk.tree.id, generation };
        let figures = Figures::sent(0.0, Some(talk.context_estimate()), to.context.clone().ok());
        talk.stream = Some(Stream::new(stream, turn, figures, cx.env.uptime));
        (talk.scroll, talk.selected, talk.failure) = (Scroll::Follow, None, None);
        let (request, notes) = request_for(&talk.tree, turn, to.dialect);
        let turns: Vec<TurnId> = said.into_iter().chain([turn]).collect();
        let (batch, tree) = (talk.tree.batch_of(&turns), talk.tree.clone());
        notes.into_iter().for_each(|note| cx.info(note));
        self.storage.push(Write::Batch(batch));
        self.storage.push(Write::Value { key: "last", value: self.front.id().0.to_string() });
        self.list.touch(&tree);
        let ask = Ask {
            stream,
            base_url: to.base_url.clone(),
            key: to.key.clone(),
            dialect: to.dialect,
            model: to.model.clone(),
            request,
            turn,
        };
        self.asks.push((self.storage.next_ticket(), ask));
    }

    /// A write is done, or failed: requests that waited for it leave. A disk that refuses keeps nobody from talking.
    pub(super) fn written(&mut self, ticket: u64, result: Result<(), Problem>, cx: &mut Cx<'_>) {
        self.storage.written(ticket, result, cx.env.uptime);
        let (ready, waiting) = std::mem::take(&mut self.asks).into_iter().partition(|(needs, _)| *needs <= ticket);
        self.asks = waiting;
        let ready: Vec<(u64, Ask)> = ready;
        ready.into_iter().for_each(|(_, ask)| cx.wish(Effect::Ask(Box::new(ask))));
    }

    /// Stops the answer in front; what came is kept.
    pub(super) fn cancel(&mut self, cx: &mut Cx<'_>) {
        let Some(stream) = self.front.stream.take() else { return };
        self.asks.retain(|(_, ask)| ask.stream != stream.id);
        cx.wish(Effect::Cancel(stream.id));
        self.front.tree.cancel(stream.turn);
        self.close(self.front.id(), stream);
    }

    /// More of an answer came.
    pub(super) fn streamed(&mut self, id: StreamId, events: &[(f64, StreamEvent)], over: bool, cx: &mut Cx<'_>) {
        let Some(talk) = self.talk_mut(id.conversation) else { return };
        let Some(mut stream) = talk.stream.take_if(|stream| stream.id == id) else { return };
        for (seconds, event) in events {
            stream.take(*seconds, event);
            talk.tree.apply(stream.turn, event);
        }
        if over && !stream.over {
            talk.tree.fail(stream.turn, "the connection ended before the answer did");
            stream.over = true;
        }
        let (conversation, turn) = (talk.tree.id.0, stream.turn.0);
        if !stream.over {
            let now = events.last().map_or(0.0, |(seconds, _)| *seconds);
            let pieces = if stream.pieces.due(now) { stream.pieces.take() } else { Vec::new() };
            talk.stream = Some(stream);
            if !pieces.is_empty() {
                self.storage.push(Write::Pieces { conversation, turn, pieces });
            }
            return;
        }
        talk.failure = stream.failed.take().map(|problem| (stream.turn, problem));
        let failed = talk.tree.turn(stream.turn).is_some_and(|turn| matches!(turn.end, TurnEnd::Failed { .. }));
        self.close(id.conversation, stream);
        self.after(id.conversation, failed, cx);
    }

    /// Gives the turn its figures and writes it as a whole.
    fn close(&mut self, id: ConversationId, stream: Stream) {
        let Some(talk) = self.talk_mut(id) else { return };
        let reasoning_seconds = stream.thought.map(|(first, last)| last - first.min(last));
        talk.tree.set_figures(stream.turn, TurnFigures { reasoning_seconds, ..stream.figures.to_keep() });
        choose_best(talk, stream.turn);
        let (batch, tree) = (talk.tree.batch_of(&[stream.turn]), talk.tree.clone());
        self.storage.push(Write::Batch(batch));
        self.list.touch(&tree);
    }

    /// An answer has ended: the next queued message is sent, unless it broke off.
    fn after(&mut self, id: ConversationId, failed: bool, cx: &mut Cx<'_>) {
        let front = self.front.id();
        let Some(talk) = self.talk_mut(id) else { return };
        if id != front {
            talk.unread = true;
            let problem = talk.failure.as_ref().map(|(_, problem)| problem.clone());
            problem.into_iter().for_each(|problem| cx.problem(problem));
        }
        if failed {
            return;
        }
        let Some(queued) = self.talk_mut(id).and_then(|talk| talk.queue.take_next()) else { return };
        let resolved = self.talk(id).map(|talk| self.resolve_for(talk, cx.shared));
        match resolved {
            Some(Ok(to)) => {
                self.remember(&queued.text, cx);
                let said = Said { text: queued.text, images: queued.images };
                self.begin(id, Wish::Say(said), &to, cx);
            }
            Some(Err(problem)) => {
                if let Some(talk) = self.talk_mut(id) {
                    talk.composer.paste(&queued.text);
                    queued.images.into_iter().for_each(|image| talk.composer.attach(image));
                }
                cx.problem(problem);
            }
            None => {}
        }
    }

    /// Takes the last queued message back into the composer; drops it where asked to.
    pub(super) fn unqueue(&mut self, drop: bool) {
        let Some(last) = self.front.queue.iter().last().map(|queued| queued.id) else { return };
        let Some(queued) = self.front.queue.remove(last) else { return };
        if drop {
            return;
        }
        let composer = &mut self.front.composer;
        if !composer.is_blank() {
            let rest = format!("{}\n{}", queued.text, composer.text());
            composer.set(&rest);
        } else {
            composer.set(&queued.text);
        }
        queued.images.into_iter().for_each(|image| composer.attach(image));
        self.focus = Pane::Composer;
    }
}

/// The request for an answer of the tree, and notes on what the engine will not do as set.
pub(super) fn request_for(tree: &Conversation, turn: TurnId, dialect: Dialect) -> (ChatRequest, Vec<String>) {
    let settings = tree.turn(turn).and_then(|turn| turn.settings.clone()).unwrap_or_default();
    let (fields, notes) = sampling::to_fields(&settings, dialect);
    let messages = tree.messages_for(turn).unwrap_or_default();
    let notes = notes.into_iter().filter(|note| note.param != Param::BestOf).map(|note| note.text).collect();
    (ChatRequest { messages, fields, stream: true }, notes)
}

/// Where `best_of` was asked for, the answer with the best mean log probability is the one to go on with.
fn choose_best(talk: &mut Talk, turn: TurnId) {
    let best = talk.tree.turn(turn).and_then(|turn| {
        let wanted = turn.settings.as_ref()?.whole(Param::BestOf)? > 1;
        wanted.then(|| sampling::best_by_mean_logprob(turn.choices.iter().map(|choice| choice.logprobs.as_slice())))?
    });
    if let Some(best) = best {
        talk.tree.choose(turn, best);
    }
}
