//! The number of a node's life, which [sealed frames](crate::layers::seal) carry: it grows with each start.

use crate::private;
use std::fs;
use std::io;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// The file of the last one, in the directory of the node.
const FILE: &str = "incarnation";

/// Begins a life: its number, which is on the disk by then.
///
/// It is the time, in microseconds since 1970, so that it grows although the file is lost. It is more
/// than the last one, so that it grows although the clock was put back.
///
/// # Errors
///
/// When the file cannot be read or written, or holds something else.
pub fn begin(directory: &Path) -> io::Result<u64> {
    let path = directory.join(FILE);
    let last = match fs::read_to_string(&path) {
        Ok(text) => parse(&text)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
        Err(error) => return Err(error),
    };
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let time = since.map_or(0, |since| since.as_micros().try_into().unwrap_or(0));
    let next = time.max(last.saturating_add(1));
    private::write(&path, &format!("{next}\n"))?;
    Ok(next)
}

fn parse(text: &str) -> io::Result<u64> {
    text.trim().parse().map_err(|_| {
        let problem = "the file `incarnation` holds no number; if the clock of this machine is right and was never ahead, remove it";
        io::Error::new(io::ErrorKind::InvalidData, problem)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_higher_than_the_last_whatever_the_clock_says() {
        let folder = tempfile::tempdir().unwrap();
        let first = begin(folder.path()).unwrap();
        assert!(first < begin(folder.path()).unwrap());
        let ahead = 1 << 62;
        fs::write(folder.path().join(FILE), format!("{ahead}\n")).unwrap();
        assert_eq!(begin(folder.path()).unwrap(), ahead + 1);
        fs::remove_file(folder.path().join(FILE)).unwrap();
        assert!(first < begin(folder.path()).unwrap());
    }

    #[test]
    fn a_file_of_something_else_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), "dear diary").unwrap();
        let error = begin(folder.path()).unwrap_err().to_string();
        assert!(error.contains("remove it"), "{error}");
    }
}
