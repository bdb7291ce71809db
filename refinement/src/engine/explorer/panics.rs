//! Panics of handlers and claims: caught and reported, not printed.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::sync::Once;

thread_local! {
    /// Whether panics of this thread are caught.
    static CAUGHT: Cell<bool> = const { Cell::new(false) };
    /// Where the last of them was.
    static PLACE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Runs foreign code. If it panics: what it said, and where.
pub(in super::super) fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let others = panic::take_hook();
        panic::set_hook(Box::new(move |panic| note(panic, &*others)));
    });
    let outer = CAUGHT.replace(true);
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    CAUGHT.set(outer);
    result.map_err(|panic| message(&*panic))
}

/// Notes the place of a panic that is caught. Any other goes the way it always went.
fn note(panic: &PanicHookInfo<'_>, others: &dyn Fn(&PanicHookInfo<'_>)) {
    if !CAUGHT.get() {
        return others(panic);
    }
    let place = panic.location().map(|place| format!(" ({place})"));
    PLACE.set(place.unwrap_or_default());
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a panic without a message").to_owned() + &PLACE.take()
}
