use super::*;

fn config() -> ClusterConfig {
    let address = |port| SocketAddrV4::new([127, 0, 0, 1].into(), port);
    ClusterConfig::new(5, NodeProtocol::Raft, vec![address(1), address(2)])
}

fn read(text: &str) -> Result<ClusterConfig, String> {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(&file, text).unwrap();
    let name = format!("{}", file.path().display());
    ClusterConfig::read(file.path()).map_err(|error| error.to_string().replace(&name, "FILE"))
}

/// The names of all, as an error lists them.
fn protocols() -> String {
    let names: Vec<&str> = NodeProtocol::ALL.iter().map(|it| it.name()).collect();
    names.join(", ")
}

#[test]
fn what_is_written_is_read() {
    for protocol in NodeProtocol::ALL {
        let config = ClusterConfig::new(5, *protocol, config().nodes);
        let text = config.to_toml();
        assert_eq!(read(&text), Ok(config));
        let tables: Vec<&str> = text.lines().filter(|line| line.starts_with('[')).collect();
        assert_eq!(tables, [format!("[{protocol}]")]);
    }
}

#[test]
fn a_table_that_is_not_there_is_the_default() {
    let text = config().to_toml();
    let (without, _) = text.split_once("[raft]").expect("a table");
    assert!(read(without).is_ok_and(|config| config.validate().is_ok()));
}

#[test]
fn each_mistake_has_its_sentence() {
    let good = config().to_toml();
    let sentence = |found: &str, put: &str| read(&good.replace(found, put)).unwrap_err();
    assert_eq!(
        sentence("\"raft\"", "\"paxos\""),
        format!(
            "FILE, line 2: unknown protocol `paxos`; expected: {}",
            protocols()
        )
    );
    assert!(sentence("127.0.0.1:2", "192.168.0.1:2").contains("not a loopback address"));
    for nobody in ["0.0.0.0", "224.0.0.1", "255.255.255.255"] {
        let told = sentence("127.0.0.1:2", &format!("{nobody}:2"));
        assert!(
            told.ends_with("is not the address of one machine"),
            "{told}"
        );
    }
    assert!(sentence("127.0.0.1:2", "127.0.0.1:1").contains("given to two nodes"));
    assert!(sentence("127.0.0.1:2", "127.0.0.1:0").contains("port 0"));
    assert_eq!(
        sentence("127.0.0.1:2", "localhost:2"),
        "FILE, line 3: invalid address `localhost:2`; expected an address and a port, such as \
         127.0.0.1:7001"
    );
    assert!(sentence("heartbeat_ms = 40", "heartbeat_ms = 150").contains("found 150, 150 and 300"));
    assert!(
        sentence("election_ms_max = 300", "election_ms_max = 150")
            .contains("found 40, 150 and 150")
    );
    assert!(sentence("cluster = 5", "cluster = ").starts_with("FILE, line 1: "));
    assert!(
        sentence("[raft]", "via = [\"127.0.0.1:3\"]\n[raft]")
            .contains("via has 1 addresses, expected one for each of 2 nodes")
    );
}

#[test]
fn with_keys_nodes_are_anywhere_and_their_folder_is_beside_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cluster.toml");
    let mut far = config();
    far.nodes[1].set_ip([192, 168, 0, 1].into());
    far.keys = Some("secrets".into());
    fs::write(&file, far.to_toml()).unwrap();
    let found = ClusterConfig::read(&file).unwrap();
    assert_eq!(found.keys, Some(folder.path().join("secrets")));
    let told = found.client_key().unwrap_err().to_string();
    assert!(told.contains("secrets/client.key"), "{told}");
}

#[test]
fn the_times_of_zab_are_in_order() {
    let good = ClusterConfig::new(5, NodeProtocol::Zab, config().nodes).to_toml();
    for (found, put) in [
        ("ping_ms = 40", "ping_ms = 200"),
        ("resend_ms = 20", "resend_ms = 200"),
        ("sync_ms = 200", "sync_ms = 1001"),
        ("finalize_ms = 30", "finalize_ms = 1000"),
        ("notify_ms = 50", "notify_ms = 1000"),
        ("ping_ms = 40", "ping_ms = 0"),
        ("snapshot_every = 100000", "snapshot_every = 0"),
    ] {
        assert!(good.contains(found), "{good}");
        let error = read(&good.replace(found, put)).expect_err(put);
        assert!(error.contains("[zab] needs ping_ms"), "{put}: {error}");
        assert!(error.contains(&put.replace(" =", "")), "{put}: {error}");
    }
}

#[test]
fn an_unknown_name_leads_to_the_nearest() {
    let good = config().to_toml();
    let sentence = |found: &str, put: &str| read(&good.replace(found, put)).unwrap_err();
    assert_eq!(
        sentence("cluster = 5", "clusters = 5"),
        "FILE, line 1: unknown key `clusters`; did you mean `cluster`?"
    );
    assert_eq!(
        sentence("cluster = 5", "age = 5"),
        "FILE, line 1: unknown key `age`; expected: cluster, keys, nodes, protocol, via"
    );
    assert_eq!(
        sentence("[raft]", "[rafft]"),
        "FILE, line 5: unknown table `rafft`; did you mean `raft`?"
    );
    assert_eq!(
        sentence("[raft]", "[timing]"),
        format!(
            "FILE, line 5: unknown table `timing`; expected: {}",
            protocols()
        )
    );
    assert_eq!(
        sentence("heartbeat_ms", "heartbeat"),
        "FILE, line 8: unknown key of [raft] `heartbeat`; did you mean `heartbeat_ms`?"
    );
}

#[test]
fn the_sample_of_the_readme_can_be_read() {
    let readme = include_str!("../../../README.md");
    let (_, sample) = readme.split_once("```toml\n").expect("there is a sample");
    let (sample, _) = sample.split_once("```").expect("it ends");
    let found = read(sample).unwrap();
    assert_eq!(found.raft, Some(Default::default()));
    assert_eq!(found.nodes.len(), 3);
}
