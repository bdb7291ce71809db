//! Work on several threads whose results do not depend on their number.

use super::expand::Expanded;
use super::table::Shard;
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
    on_threads(threads, || {
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

/// Fills an [`Expanded`] for each of `0..count`, in order; a thread for each worker.
pub(super) fn in_order<W: Send>(
    workers: &mut [W],
    count: usize,
    spare: &mut Vec<Expanded>,
    work: impl Fn(&mut W, usize, &mut Expanded) + Sync,
) -> Vec<Expanded> {
    let mut results: Vec<Expanded> = spare.drain(..spare.len().min(count)).collect();
    results.resize_with(count, Expanded::default);
    results.iter_mut().for_each(Expanded::clear);
    if let ([worker, ..], [result]) = (&mut *workers, &mut results[..]) {
        work(worker, 0, result);
        return results;
    }
    let tasks = Mutex::new(results.iter_mut().enumerate());
    let idle = Mutex::new(workers.iter_mut());
    let threads = idle.lock().unwrap_or_else(PoisonError::into_inner).len();
    on_threads(threads, || {
        let worker = idle.lock().unwrap_or_else(PoisonError::into_inner).next();
        let Some(worker) = worker else { return };
        loop {
            let task = tasks.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some((position, result)) = task else {
                break;
            };
            work(worker, position, result);
        }
    });
    results
}

/// Inserts the successors into the shards, each in their order.
pub(super) fn each_shard(threads: usize, shards: &mut [Shard], expanded: &[Expanded]) {
    let insert = |number: usize, shard: &mut Shard| {
        for expanded in expanded {
            shard.insert_all(&expanded.successors[number]);
        }
    };
    let threads = if expanded.len() <= 1 { 1 } else { threads };
    let tasks = Mutex::new(shards.iter_mut().enumerate());
    on_threads(threads, || {
        loop {
            let task = tasks.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some((number, shard)) = task else { break };
            insert(number, shard);
        }
    });
}
