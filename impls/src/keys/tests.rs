use super::*;
use std::fs;
use tempfile::TempDir;

fn made() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    make_keys(folder.path()).unwrap();
    folder
}

/// The complaint about a cluster's key that has this text.
fn complaint(text: &str) -> String {
    let folder = made();
    let path = folder.path().join("cluster.key");
    fs::write(&path, text).unwrap();
    let error = read_cluster_key(folder.path()).unwrap_err().to_string();
    assert!(error.starts_with(&path.display().to_string()), "{error}");
    error
}

#[test]
fn what_is_written_is_read_and_private() {
    let folder = made();
    let cluster = read_cluster_key(folder.path()).unwrap();
    let client = read_client_key(folder.path()).unwrap();
    assert_eq!(client, cluster.of_client(FIRST_CLIENT));
    let path = make_client_key(folder.path(), 7).unwrap();
    fs::rename(&path, folder.path().join("client.key")).unwrap();
    assert_eq!(
        read_client_key(folder.path()).unwrap(),
        cluster.of_client(7)
    );
    for name in ["cluster.key", "client.key"] {
        let mode = fs::metadata(folder.path().join(name))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[test]
fn every_purpose_and_every_client_has_a_key_of_its_own() {
    let (one, other) = (ClusterKey::random(), ClusterKey::random());
    let keys = [
        one.0.clone(),
        one.of_nodes().nodes,
        one.of_nodes().clients,
        one.of_client(1).key,
        one.of_client(2).key,
        other.of_nodes().nodes,
        other.of_client(1).key,
    ];
    for (index, key) in keys.iter().enumerate() {
        let others = keys.iter().skip(index + 1);
        for other in others {
            assert_ne!(key, other);
            assert_ne!(key.name(), other.name());
            assert_ne!(key.tag(b"a", b"b"), other.tag(b"a", b"b"));
        }
        assert_eq!(format!("{key:?}"), "Key(secret)");
    }
}

#[test]
fn each_mistake_has_its_sentence() {
    let good = "0123456789abcdef".repeat(4);
    let word = "quorate-cluster-key";
    assert!(complaint("").ends_with("and 64 hexadecimal digits, found nothing"));
    assert!(complaint("dear diary").ends_with("found something else"));
    assert!(
        complaint(&format!("{word} {}", &good[1..]))
            .ends_with("1 words, the last of 63 characters")
    );
    assert!(complaint(&format!("{word} {good}00")).ends_with("1 words, the last of 66 characters"));
    let client = format!("quorate-client-key 1 {good}");
    assert!(complaint(&client).contains("found `quorate-client-key` and 2 words"));
    // No complaint shows the secret.
    let wrong = format!("{word} {}g", &good[1..]);
    assert!(!complaint(&wrong).contains(&good[1..]));
}

#[test]
fn a_key_that_others_can_read_or_that_is_gone_is_refused() {
    let folder = made();
    let path = folder.path().join("client.key");
    for mode in [0o640, 0o604, 0o644, 0o660] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let error = read_client_key(folder.path()).unwrap_err().to_string();
        let asked = format!("(mode {mode:o}), run: chmod 600 {}", path.display());
        assert!(error.ends_with(&asked), "{error}");
    }
    fs::remove_file(&path).unwrap();
    let error = read_client_key(folder.path()).unwrap_err().to_string();
    assert!(error.contains("there is no such file"), "{error}");
}

#[test]
fn keys_that_are_there_are_not_replaced() {
    let folder = made();
    let before = read_cluster_key(folder.path()).unwrap();
    let error = make_keys(folder.path()).unwrap_err().to_string();
    assert!(error.contains("is there already"), "{error}");
    make_client_key(folder.path(), 3).unwrap();
    assert!(make_client_key(folder.path(), 3).is_err());
    assert_eq!(read_cluster_key(folder.path()).unwrap(), before);
}

#[test]
fn what_is_there_of_a_pair_is_kept() {
    let folder = made();
    let before = read_cluster_key(folder.path()).unwrap();
    let (cluster, client) = (ClusterKey::FILE, ClientKey::FILE);
    fs::remove_file(folder.path().join(client)).unwrap();
    provide_keys(folder.path()).unwrap();
    assert_eq!(read_cluster_key(folder.path()).unwrap(), before);
    let key = read_client_key(folder.path()).unwrap();
    assert_eq!(key, before.of_client(FIRST_CLIENT));
    // It may be of another cluster.
    fs::remove_file(folder.path().join(cluster)).unwrap();
    for refused in [provide_keys(folder.path()), make_keys(folder.path())] {
        let error = refused.unwrap_err().to_string();
        assert!(error.contains("is there already"), "{error}");
    }
    assert_eq!(read_client_key(folder.path()).unwrap(), key);
}

#[test]
fn a_full_disk_is_no_mistake_of_the_user() {
    let refused = |kind: io::ErrorKind| {
        let (path, error) = (PathBuf::from("cluster.key"), kind.into());
        let error = KeyError::Io { path, error };
        (error.is_usage(), error.to_string())
    };
    let (is_usage, told) = refused(io::ErrorKind::StorageFull);
    assert!(
        !is_usage && told.ends_with("; make room on its disk"),
        "{told}"
    );
    let (is_usage, told) = refused(io::ErrorKind::PermissionDenied);
    assert!(
        is_usage && told.contains("give this user the right"),
        "{told}"
    );
}
