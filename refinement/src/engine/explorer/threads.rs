//! Work on several threads whose results do not depend on their number.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// Less work than this is not worth a thread.
const FEW: usize = 8;

/// Runs the same thing on this many threads, the caller's among them.
fn on_threads(threads: usize, work: impl Fn() + Sync) {
    thread::scope(|scope| {
        let handles: Vec<_> = (1..threads).map(|_| scope.spawn(&work)).collect();
        work();
        for handle in handles {
            if let Err(panic) = handle.join() {
                resume_unwind(panic);
            }
        }
    });
}

/// The results of a function for `0..count`, in order.
pub(super) fn map<T: Send>(
    threads: usize,
    count: usize,
    function: impl Fn(usize) -> T + Sync,
) -> Vec<T> {
    if count <= FEW || threads <= 1 {
        return (0..count).map(function).collect();
    }
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::with_capacity(count));
    on_threads(threads.min(count.div_ceil(FEW)), || {
        let mut own = Vec::new();
        loop {
            let start = next.fetch_add(FEW, Ordering::Relaxed);
            if count <= start {
                break;
            }
            let positions = start..count.min(start + FEW);
            own.extend(positions.map(|position| (position, function(position))));
        }
        let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
        results.append(&mut own);
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_unstable_by_key(|(position, _)| *position);
    results.into_iter().map(|(_, result)| result).collect()
}

/// Does each task once; a thread for each worker, or for each task if there are fewer.
pub(super) fn share<W: Send, T: Send>(
    workers: &mut [W],
    tasks: &mut [T],
    work: impl Fn(&mut W, usize, &mut T) + Sync,
) {
    let threads = workers.len().min(tasks.len());
    let tasks = Mutex::new(tasks.iter_mut().enumerate());
    let idle = Mutex::new(workers.iter_mut());
    on_threads(threads, || {
        let Some(worker) = next(&idle) else { return };
        while let Some((position, task)) = next(&tasks) {
            work(worker, position, task);
        }
    });
}

fn next<I: Iterator>(items: &Mutex<I>) -> Option<I::Item> {
    items.lock().unwrap_or_else(PoisonError::into_inner).next()
}
