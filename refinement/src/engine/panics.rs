//! Panics of handlers and claims: caught and reported, not printed.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::sync::{Mutex, PoisonError, RwLock};
use std::thread;

thread_local! {
    /// Whether panics of this thread are caught.
    static CAUGHT: Cell<bool> = const { Cell::new(false) };
    /// Where the last of them was.
    static PLACE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// The hook that prints panics in the host program.
type Hook = Box<dyn Fn(&PanicHookInfo<'_>) + Send + Sync>;

/// How many searches run.
static SEARCHES: Mutex<usize> = Mutex::new(0);
/// The host's hook, while any search runs.
static HOST: RwLock<Option<Hook>> = RwLock::new(None);

/// Runs a search. Panics that are [`caught`] in it are not printed; the hook that prints panics is
/// given back when the last search ends. A hook that the host sets meanwhile is lost.
pub(super) fn searching<T>(search: impl FnOnce() -> T) -> T {
    if thread::panicking() {
        // No hook can be set.
        return search();
    }
    let mut searches = SEARCHES.lock().unwrap_or_else(PoisonError::into_inner);
    if *searches == 0 {
        let host = panic::take_hook();
        *HOST.write().unwrap_or_else(PoisonError::into_inner) = Some(host);
        panic::set_hook(Box::new(note));
    }
    *searches += 1;
    drop(searches);
    let result = panic::catch_unwind(AssertUnwindSafe(search));
    let mut searches = SEARCHES.lock().unwrap_or_else(PoisonError::into_inner);
    *searches -= 1;
    if *searches == 0 {
        // From here on our hook, which reads the host's, runs no more.
        drop(panic::take_hook());
        let host = HOST.write().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(host) = host {
            panic::set_hook(host);
        }
    }
    drop(searches);
    result.unwrap_or_else(|panic| panic::resume_unwind(panic))
}

/// Runs foreign code. If it panics: the message and, in a search, the place.
pub(super) fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    let outer = CAUGHT.replace(true);
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    CAUGHT.set(outer);
    result.map_err(|panic| message(&*panic))
}

/// Notes the place of a panic that is caught. Any other goes the way it always went.
fn note(panic: &PanicHookInfo<'_>) {
    if CAUGHT.get() {
        let place = panic.location().map(|place| format!(" ({place})"));
        PLACE.set(place.unwrap_or_default());
    } else if let Some(host) = &*HOST.read().unwrap_or_else(PoisonError::into_inner) {
        host(panic);
    }
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a panic without a message").to_owned() + &PLACE.take()
}
