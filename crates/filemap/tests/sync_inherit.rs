//! Handing handles to children and other processes. A test binary of its own: an inheritable handle is inherited by every
//! child that any thread of the process starts, so nothing else may start one here (O-22).

// UNSAFETY: takes over descriptors that a parent left.
#![expect(unsafe_code)]

use filemap::{AccessMask, Event, Inherit, Mutex, Namespace, Wait};
use filemap_testing::{private_root, role, roles, watchdog};
use std::os::unix::net::UnixStream;

roles! {
    /// Sets what it inherited.
    fn inheritor(peer: &mut Peer) {
        let text = peer.receive().unwrap();
        // Safe by the agreement with the parent, which left exactly these descriptors.
        let event = take(&text);
        event.set().unwrap();
        peer.send("set");
    }
}

fn take(text: &str) -> Event {
    // SAFETY: the parent of this role made these descriptors inheritable for it alone.
    unsafe { Event::inherited(text) }.unwrap()
}

// O-21, O-22, O-24
#[test]
fn handles_are_inherited_and_sent() {
    let _dog = watchdog!();
    let root = private_root();
    let space = Namespace::at(root.path());
    let open = || {
        Event::options()
            .namespace(&space)
            .open("inherited")
            .map_or_else(|e| e.code().0, |_| 0)
    };
    let event = Event::options()
        .namespace(&space)
        .inherit(Inherit::Yes)
        .create("inherited")
        .unwrap();
    let mut child = role!(inheritor).start();
    child.send(&event.inheritance().unwrap());
    child.expect("set");
    assert!(child.ended().0.success());
    assert_eq!(event.wait(None).unwrap(), Wait::Object(0));
    let (a, b) = UnixStream::pair().unwrap();
    event.send(&a, AccessMask::SYNCHRONIZE).unwrap();
    let received = Event::receive(&b).unwrap();
    assert!(received.is_same_object(&event));
    assert_eq!(
        received.set().unwrap_err().code().0,
        5,
        "with the rights it was given"
    );
    event.send(&a, AccessMask::SYNCHRONIZE).unwrap();
    assert_eq!(
        Mutex::receive(&b).unwrap_err().code().0,
        6,
        "an event is no mutex"
    );
    drop(event);
    assert_eq!(open(), 0, "the received handle counts");
    drop(received);
    assert_eq!(open(), 2);
}
