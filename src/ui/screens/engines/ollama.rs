//! The models of an Ollama server.

use crate::app::screens::engines::Target as Here;
use crate::app::screens::engines::ollama::{Job, Model, Ollama, Prompt};
use crate::app::seen::Target;
use crate::base::text;
use crate::ui::widgets::{field, panel};
use crate::ui::{Canvas, Role};
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Draws the pane.
pub fn draw(pane: &Ollama, canvas: &mut Canvas<'_>, area: Rect) {
    let server = pane.base_url.as_deref().unwrap_or("asking…");
    let inner = panel(canvas, area, &format!("models of Ollama at {server}"), true);
    let mut body = inner;
    if pane.prompt.is_some() || pane.job.is_some() {
        body.height = body.height.saturating_sub(1);
        let bottom = Rect { y: inner.bottom().saturating_sub(1), height: inner.height.min(1), ..inner };
        match (&pane.prompt, &pane.job) {
            (Some(prompt), _) => draw_prompt(prompt, canvas, bottom),
            (None, Some(job)) => draw_job(job, canvas, bottom),
            (None, None) => {}
        }
    }
    if let Some((name, lines)) = &pane.facts {
        return draw_facts(name, lines, canvas, body);
    }
    match (&pane.models, &pane.problem) {
        (_, Some(problem)) => {
            let lines = [
                (format!("{}: {}", problem.what, problem.why), Role::Bad),
                (format!("try: {}", problem.hint), Role::Text),
            ];
            for (row, (line, role)) in lines.iter().enumerate().take(body.height as usize) {
                canvas.line(
                    &Line::styled(line.clone(), canvas.style(*role)),
                    Rect { y: body.y + row as u16, height: 1, ..body },
                );
            }
        }
        (None, None) => canvas.line(&Line::styled("asking the server…", canvas.style(Role::Dim)), body),
        (Some(models), None) if models.is_empty() => {
            canvas.line(&Line::styled("No models yet: pull one.", canvas.style(Role::Dim)), body);
        }
        (Some(models), None) => draw_models(models, pane.selected, canvas, body),
    }
}

fn draw_models(models: &[Model], selected: usize, canvas: &mut Canvas<'_>, area: Rect) {
    let height = area.height as usize;
    let offset = (selected + 1).saturating_sub(height);
    // Whether a model is on the card matters more than its details, where there is no room for both.
    let roomy = area.width >= 110;
    let wide: usize = if roomy { 36 } else { 22 };
    for (row, (at, model)) in models.iter().enumerate().skip(offset).take(height).enumerate() {
        let place = Rect { y: area.y + row as u16, height: 1, ..area };
        let loaded = match &model.loaded {
            None => Span::styled("on disk", canvas.style(Role::Dim)),
            Some((size, card)) if card < size => {
                Span::styled(format!("loaded {size}, only {card} of it on the card: slow"), canvas.style(Role::Warn))
            }
            Some((size, _)) => Span::styled(format!("loaded {size}, all on the card"), canvas.style(Role::Good)),
        };
        let name = text::clean_line(&model.name);
        let detail = if roomy { format!("{:<22} ", text::fit(&model.detail, 22)) } else { String::new() };
        let line = Line::from(vec![
            Span::styled(format!("{:<wide$} ", text::fit(&name, wide)), canvas.style(Role::Strong)),
            Span::styled(format!("{:>10}  ", model.size), canvas.style(Role::Text)),
            Span::styled(detail, canvas.style(Role::Dim)),
            loaded,
        ]);
        canvas.line(&line, place);
        if at == selected {
            canvas.buf.set_style(place.intersection(canvas.buf.area), canvas.style(Role::Selection));
        }
        canvas.hit(place, Target::Engines(Here::OllamaModel(at)));
    }
}

fn draw_prompt(prompt: &Prompt, canvas: &mut Canvas<'_>, area: Rect) {
    let (label, placeholder, content) = match prompt {
        Prompt::Pull(content) => ("pull: ", "a tag, for example qwen3:8b", content),
        Prompt::Create(content) => ("create from: ", "path of a .gguf file", content),
    };
    canvas.line(&Line::styled(label, canvas.style(Role::Accent)), area);
    let used = label.len() as u16;
    let rest = Rect { x: area.x + used, width: area.width.saturating_sub(used), ..area };
    field::draw(canvas, content, field::Look { placeholder, focused: true, masked: false }, rest);
}

fn draw_job(job: &Job, canvas: &mut Canvas<'_>, area: Rect) {
    let far = match job.bytes {
        Some((done, total)) if total.0 > 0 => format!("{:>3} %  {done} of {total}", done.0 * 100 / total.0),
        _ => String::new(),
    };
    let line = format!("{}: {}  {far}", text::clean_line(&job.name), text::clean_line(&job.status));
    canvas.line(&Line::styled(line, canvas.style(Role::Info)), area);
}

fn draw_facts(name: &str, lines: &[String], canvas: &mut Canvas<'_>, area: Rect) {
    canvas.line(&Line::styled(text::clean_line(name), canvas.style(Role::Title)), area);
    for (row, line) in lines.iter().enumerate().take((area.height as usize).saturating_sub(1)) {
        let place = Rect { y: area.y + 1 + row as u16, height: 1, ..area };
        canvas.line(&Line::styled(text::clean_line(line), canvas.style(Role::Text)), place);
    }
}
