//! What an operator does where the system has refused something.

use std::io::{Error, ErrorKind};

/// Whether it is the user's to mend: another path, other rights, another address.
pub fn is_usage(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::NotFound
            | ErrorKind::AlreadyExists
            | ErrorKind::NotADirectory
            | ErrorKind::IsADirectory
            | ErrorKind::InvalidFilename
            | ErrorKind::PermissionDenied
            | ErrorKind::ReadOnlyFilesystem
            | ErrorKind::AddrInUse
            | ErrorKind::AddrNotAvailable
    )
}

/// What to do about a file that is refused.
pub fn remedy(error: &Error) -> &'static str {
    match error.kind() {
        ErrorKind::PermissionDenied => "give this user the right to read and write it",
        ErrorKind::ReadOnlyFilesystem => "let its disk be written",
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            "make room on its disk"
        }
        _ if is_usage(error) => "give another path",
        _ => "look at the file and its disk",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_is_no_mistake_of_the_user() {
        let told = |kind: ErrorKind| {
            let error = Error::from(kind);
            (is_usage(&error), remedy(&error))
        };
        let path = (true, "give another path");
        assert_eq!(told(ErrorKind::NotFound), path);
        assert_eq!(told(ErrorKind::NotADirectory), path);
        let rights = "give this user the right to read and write it";
        assert_eq!(told(ErrorKind::PermissionDenied), (true, rights));
        let full = (false, "make room on its disk");
        assert_eq!(told(ErrorKind::StorageFull), full);
        assert_eq!(told(ErrorKind::FileTooLarge), full);
        let look = (false, "look at the file and its disk");
        assert_eq!(told(ErrorKind::InvalidData), look);
        assert_eq!(told(ErrorKind::Other), look);
    }
}
