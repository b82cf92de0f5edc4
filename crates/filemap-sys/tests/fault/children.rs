//! What needs a process of its own: deaths, and handlers of the program.
//
// UNSAFETY: maps, cuts and touches memory as programs and strangers do.

use super::common::{Mapped, PAGE, RW, cut, memory};
use filemap_sys::os::fault::{self, CopyError, FaultKind, FaultPolicy, Standing, ensure_installed};
use rustix::mm::ProtFlags;
use std::ffi::{c_int, c_void};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output};
use std::sync::atomic::Ordering::SeqCst;
use std::sync::atomic::{AtomicU32, AtomicUsize};

const CASE: &str = "FILEMAP_FAULT_TEST_CASE";

/// Runs `case` of [`the_child_of_the_tests_below`] in a process of its own.
fn child(case: &str) -> Output {
    let arguments = [
        "--exact",
        "children::the_child_of_the_tests_below",
        "--nocapture",
        "--test-threads=1",
    ];
    Command::new(std::env::current_exe().unwrap())
        .args(arguments)
        .env(CASE, case)
        .output()
        .unwrap()
}

fn succeeds(case: &str) {
    let output = child(case);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{case}: {output:?}"
    );
}

fn dies_by(case: &str, signal: c_int) -> String {
    let output = child(case);
    assert_eq!(output.status.signal(), Some(signal), "{case}: {output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn the_child_of_the_tests_below() {
    let Ok(case) = std::env::var(CASE) else { return };
    let no_core = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: a limit of this process; the watchdog ends a hang.
    unsafe {
        libc::setrlimit(libc::RLIMIT_CORE, &no_core);
        libc::alarm(60);
    }
    match case.as_str() {
        "pass on" => pass_on(),
        "pass on by default" => {
            fault::set_default_policy(FaultPolicy::PassOn);
            assert_eq!(fault::default_policy(), FaultPolicy::PassOn);
            touch_lost(None);
        }
        "own policy wins" => {
            fault::set_default_policy(FaultPolicy::PassOn);
            touch_lost(Some(FaultPolicy::Replace));
        }
        "policy of a view changes" => policy_changes(),
        "null" => null(),
        "not ours" => not_ours(),
        "overflow" => overflow(),
        "earlier handler" => earlier_handler(),
        "plain handler" => plain_handler(),
        "once" => once(),
        "later handler" => later_handler(),
        "reset" => reset(),
        "sent" => sent(),
        "sent and ignored" => sent_and_ignored(),
        "ignored fault" => ignored_fault(),
        "alternate stack" => alternate_stack(),
        "fork" => fork(),
        "storm" => storm(),
        "commit" => commit_in_child(),
        other => panic!("no case {other}"),
    }
}

fn touch_lost(policy: Option<FaultPolicy>) {
    let file = memory(PAGE);
    let mapped = Mapped::new(&file, 2 * PAGE, RW);
    let view = mapped.register(policy);
    assert!(
        view.load::<u32>(PAGE).is_err(),
        "copies are guarded under every policy"
    );
    assert_eq!(mapped.word(PAGE).load(SeqCst), 0);
    assert_eq!(view.lost().map(|lost| lost.pages), Some(1));
}

fn pass_on() {
    touch_lost(Some(FaultPolicy::PassOn));
}

#[test]
fn with_pass_on_direct_access_behind_the_cut_dies_by_sigbus() {
    dies_by("pass on", libc::SIGBUS);
    dies_by("pass on by default", libc::SIGBUS);
    succeeds("own policy wins");
}

fn policy_changes() {
    let file = memory(PAGE);
    let mapped = Mapped::new(&file, 3 * PAGE, RW);
    let view = mapped.register(Some(FaultPolicy::PassOn));
    view.set_policy(None);
    assert_eq!(mapped.word(PAGE).load(SeqCst), 0);
    view.set_policy(Some(FaultPolicy::PassOn));
    assert_eq!(mapped.word(PAGE).load(SeqCst), 0, "it is zeroes by now");
    mapped.word(2 * PAGE).load(SeqCst);
}

#[test]
fn a_view_can_change_its_policy() {
    dies_by("policy of a view changes", libc::SIGBUS);
}

/// A word that can't be reached, in no view.
fn closed_word() -> &'static AtomicU32 {
    let mapped = Box::leak(Box::new(Mapped::new(memory(PAGE), PAGE, ProtFlags::empty())));
    mapped.word(64)
}

fn null() {
    ensure_installed().unwrap();
    // SAFETY: not at all: this is the fault that the test is about, in a process that is made for it.
    unsafe { std::ptr::without_provenance::<u32>(16).read_volatile() };
}

fn not_ours() {
    let file = memory(PAGE);
    let mapped = Mapped::new(&file, 2 * PAGE, RW);
    drop(mapped.register(None));
    mapped.word(PAGE).load(SeqCst);
}

#[test]
fn faults_elsewhere_die_as_they_always_did() {
    dies_by("null", libc::SIGSEGV);
    dies_by("not ours", libc::SIGBUS); // a view that is not registered any more
}

fn overflow() {
    ensure_installed().unwrap();
    fn deeper(depth: u64) -> u64 {
        let here = std::hint::black_box([depth; 64]);
        if depth == u64::MAX {
            0
        } else {
            deeper(depth + 1) + here[(depth % 64) as usize]
        }
    }
    std::hint::black_box(deeper(0));
}

#[test]
fn a_stack_overflow_still_has_rusts_message_and_dies_by_sigabrt() {
    let text = dies_by("overflow", libc::SIGABRT);
    assert!(text.contains("has overflowed its stack"), "{text}");
}

static CALLS: AtomicUsize = AtomicUsize::new(0);
static SEEN: AtomicUsize = AtomicUsize::new(0);
static STACK: AtomicUsize = AtomicUsize::new(0);
static OLD: std::sync::OnceLock<libc::sigaction> = std::sync::OnceLock::new();

fn set_handler(signal: c_int, handler: usize, flags: c_int, mask: &[c_int]) -> libc::sigaction {
    // SAFETY: all zeroes are valid actions; the handlers are functions of the type that `flags` says.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        let mut old: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = handler;
        action.sa_flags = flags;
        for &also in mask {
            libc::sigaddset(&mut action.sa_mask, also);
        }
        assert_eq!(libc::sigaction(signal, &action, &mut old), 0);
        old
    }
}

/// A program's own handler, as a garbage collector has one: opens the page and goes on.
extern "C" fn opens(_signal: c_int, info: *mut libc::siginfo_t, _context: *mut c_void) {
    // SAFETY: the handler's own info; one page of the test's is opened; signal masks are this thread's.
    unsafe {
        let address = (*info).si_addr().addr();
        SEEN.store(address, SeqCst);
        let mut mask: libc::sigset_t = std::mem::zeroed();
        libc::pthread_sigmask(libc::SIG_BLOCK, std::ptr::null(), &mut mask);
        let blocked = |signal| libc::sigismember(&mask, signal) == 1;
        let as_asked = blocked(libc::SIGSEGV) && blocked(libc::SIGUSR1) && !blocked(libc::SIGUSR2);
        if as_asked && libc::mprotect((address & !(PAGE - 1)) as *mut c_void, PAGE, libc::PROT_READ) == 0 {
            CALLS.fetch_add(1, SeqCst);
        } else {
            libc::_exit(9);
        }
    }
    let here = 0_u8;
    STACK.store((&raw const here).addr(), SeqCst);
}

fn earlier_handler() {
    set_handler(
        libc::SIGSEGV,
        opens as *const () as usize,
        libc::SA_SIGINFO | libc::SA_ONSTACK,
        &[libc::SIGUSR1],
    );
    assert_eq!(ensure_installed().unwrap(), Standing::First);
    for count in 1..4 {
        let word = closed_word();
        assert_eq!(word.load(SeqCst), 0);
        assert_eq!(CALLS.load(SeqCst), count);
        assert_eq!(SEEN.load(SeqCst), word.as_ptr().addr());
    }
    // Ours are still ours: neither a guarded copy nor a lost page gets to the program's handler.
    let file = memory(PAGE);
    let mapped = Mapped::new(&file, 2 * PAGE, ProtFlags::empty());
    let view = mapped.register(None);
    assert!(view.load::<u8>(0).is_err());
    assert_eq!(CALLS.load(SeqCst), 3);
    let mut mask = std::mem::MaybeUninit::<libc::sigset_t>::zeroed();
    // SAFETY: reads this thread's mask.
    let usr1 = unsafe {
        libc::pthread_sigmask(libc::SIG_BLOCK, std::ptr::null(), mask.as_mut_ptr());
        libc::sigismember(mask.as_ptr(), libc::SIGUSR1)
    };
    assert_eq!(usr1, 0, "the thread's mask is what it was");
}

#[test]
fn a_handler_that_the_program_installed_before_gets_its_own_faults_with_its_own_mask() {
    succeeds("earlier handler");
}

extern "C" fn leaves(signal: c_int) {
    // SAFETY: ends the process.
    unsafe { libc::_exit(if signal == libc::SIGSEGV { 42 } else { 43 }) };
}

fn plain_handler() {
    set_handler(libc::SIGSEGV, leaves as *const () as usize, 0, &[]);
    ensure_installed().unwrap();
    closed_word().load(SeqCst);
}

#[test]
fn a_handler_without_siginfo_is_called_with_the_signal() {
    assert_eq!(child("plain handler").status.code(), Some(42));
}

fn once() {
    let flags = libc::SA_SIGINFO | libc::SA_RESETHAND;
    set_handler(
        libc::SIGSEGV,
        opens as *const () as usize,
        flags,
        &[libc::SIGUSR1],
    );
    ensure_installed().unwrap();
    assert_eq!(closed_word().load(SeqCst), 0);
    assert_eq!(CALLS.load(SeqCst), 1);
    closed_word().load(SeqCst);
}

#[test]
fn a_handler_that_wants_to_be_called_once_is() {
    let text = dies_by("once", libc::SIGSEGV);
    assert!(!text.contains("panicked"), "{text}");
}

/// Passes on what is not its own, as handlers should.
extern "C" fn forwards(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    CALLS.fetch_add(1, SeqCst);
    let old = OLD.get().unwrap().sa_sigaction;
    // SAFETY: the handler before, which was installed with SA_SIGINFO.
    let old: extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void) = unsafe { std::mem::transmute(old) };
    old(signal, info, context);
}

fn later_handler() {
    assert_eq!(ensure_installed().unwrap(), Standing::First);
    let flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_NODEFER;
    let old = set_handler(libc::SIGBUS, forwards as *const () as usize, flags, &[]);
    assert!(OLD.set(old).is_ok());
    let file = memory(PAGE);
    let mapped = Mapped::new(&file, 2 * PAGE, RW);
    let view = mapped.register(None);
    assert_eq!(ensure_installed().unwrap(), Standing::Behind);
    assert!(view.load::<u8>(PAGE).is_err());
    assert_eq!(mapped.word(PAGE).load(SeqCst), 0);
    assert_eq!(CALLS.load(SeqCst), 2, "the program's handler was first each time");
    set_handler(
        libc::SIGBUS,
        OLD.get().unwrap().sa_sigaction,
        OLD.get().unwrap().sa_flags,
        &[],
    );
    assert_eq!(ensure_installed().unwrap(), Standing::First);
}

#[test]
fn a_handler_installed_later_stays_in_front_and_may_pass_on() {
    succeeds("later handler");
}

fn reset() {
    ensure_installed().unwrap();
    set_handler(libc::SIGBUS, libc::SIG_DFL, 0, &[]);
    assert_eq!(ensure_installed().unwrap(), Standing::First);
    touch_lost(None);
}

#[test]
fn a_signal_that_was_set_back_to_the_default_gets_the_handler_again() {
    succeeds("reset");
}

fn sent() {
    set_handler(libc::SIGBUS, libc::SIG_DFL, 0, &[]);
    ensure_installed().unwrap();
    // SAFETY: a signal to this thread.
    unsafe { libc::raise(libc::SIGBUS) };
}

fn sent_and_ignored() {
    set_handler(libc::SIGBUS, libc::SIG_IGN, 0, &[]);
    ensure_installed().unwrap();
    // SAFETY: a signal to this thread.
    assert_eq!(unsafe { libc::raise(libc::SIGBUS) }, 0);
    touch_lost(None);
}

fn ignored_fault() {
    set_handler(libc::SIGBUS, libc::SIG_IGN, 0, &[]);
    touch_lost(Some(FaultPolicy::PassOn));
}

#[test]
fn signals_that_somebody_sends_do_what_they_did_before() {
    dies_by("sent", libc::SIGBUS);
    succeeds("sent and ignored");
}

#[test]
fn a_fault_can_not_be_ignored() {
    dies_by("ignored fault", libc::SIGBUS);
}

fn alternate_stack() {
    let flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
    set_handler(
        libc::SIGSEGV,
        opens as *const () as usize,
        flags,
        &[libc::SIGUSR1],
    );
    ensure_installed().unwrap();
    std::thread::spawn(|| {
        let memory = vec![0_u8; 64 << 10].leak();
        let stack = libc::stack_t {
            ss_sp: memory.as_mut_ptr().cast(),
            ss_flags: 0,
            ss_size: memory.len(),
        };
        // SAFETY: leaked memory; std has given this thread an alternate stack, this one replaces it until it is put back.
        unsafe {
            let mut old: libc::stack_t = std::mem::zeroed();
            assert_eq!(libc::sigaltstack(&stack, &mut old), 0);
            closed_word().load(SeqCst);
            let file = super::common::memory(PAGE);
            let mapped = Mapped::new(&file, 2 * PAGE, RW);
            assert!(mapped.register(None).load::<u8>(PAGE).is_err());
            assert_eq!(libc::sigaltstack(&old, std::ptr::null_mut()), 0);
        }
        assert!(
            memory.as_ptr_range().contains(&(STACK.load(SeqCst) as *const u8)),
            "it ran on the alternate stack"
        );
    })
    .join()
    .unwrap();
}

#[test]
fn the_handlers_run_on_the_alternate_stack() {
    succeeds("alternate stack");
}

fn fork() {
    let file = memory(PAGE);
    let mapped = Mapped::new(&file, 3 * PAGE, RW);
    let view = mapped.register(None);
    // SAFETY: the child makes no allocation and leaves by _exit; this test runs alone.
    let process = unsafe { libc::fork() };
    if process == 0 {
        let copy = view.load::<u32>(PAGE).is_err();
        let direct = mapped.word(PAGE).load(SeqCst) == 0;
        let told = view.lost().is_some_and(|lost| lost.pages == 1);
        drop(view);
        // SAFETY: ends the child.
        unsafe { libc::_exit(if copy && direct && told { 0 } else { 1 }) };
    }
    let mut status = 0;
    // SAFETY: waits for the child made above.
    assert_eq!(unsafe { libc::waitpid(process, &mut status, 0) }, process);
    assert!(
        libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0,
        "{status:#x}"
    );
    assert_eq!(view.lost(), None, "what the child lost is the child's");
}

#[test]
fn a_forked_child_is_guarded_as_its_parent_is() {
    succeeds("fork");
}

extern "C" fn counts(_signal: c_int) {
    CALLS.fetch_add(1, SeqCst);
}

fn storm() {
    set_handler(libc::SIGALRM, counts as *const () as usize, libc::SA_RESTART, &[]);
    let every = libc::timeval {
        tv_sec: 0,
        tv_usec: 100,
    };
    let timer = libc::itimerval {
        it_interval: every,
        it_value: every,
    };
    // SAFETY: a timer of this process, whose signal has a handler.
    assert_eq!(
        // SAFETY: as said above; an initialised timer, and nobody wants the old one.
        unsafe { libc::setitimer(libc::ITIMER_REAL, &timer, std::ptr::null_mut()) },
        0
    );
    let file = memory(1 << 20);
    let mapped = Mapped::new(&file, (1 << 20) + PAGE, RW);
    let view = mapped.register(None);
    let mut round = 0_usize;
    let mut back = vec![0; 1 << 20];
    while CALLS.load(SeqCst) < 300 || round < 100 {
        let data: Vec<u8> = (0..1 << 20).map(|i: usize| (i / 3 + round) as u8).collect();
        view.write_at(0, &data).unwrap();
        view.read_at(0, &mut back).unwrap();
        assert!(back == data, "round {round}");
        view.fill_at(1000, round as u8, 500_000).unwrap();
        view.read_at(999, &mut back[..500_002]).unwrap();
        assert!(back[1..500_001].iter().all(|&byte| byte == round as u8) && back[0] == data[999]);
        let Err(CopyError::Fault { fault, .. }) = view.write_at((1 << 20) - 100, &data[..4096]) else {
            panic!("must fault")
        };
        assert_eq!(fault.kind, FaultKind::InPage);
        round += 1;
    }
}

#[test]
fn a_storm_of_other_signals_does_not_disturb_copies() {
    succeeds("storm");
}

fn commit_in_child() {
    let path = std::env::var("FILEMAP_FAULT_TEST_FILE").unwrap();
    let file = std::fs::File::options()
        .read(true)
        .write(true)
        .open(path)
        .unwrap();
    // The file: one page of bitmap, then the pages of the object (offset 0 of the view is page 1 of the file).
    let whole = Mapped::new(&file, 9 * PAGE, RW);
    whole.word64(5 * PAGE).store(0xFEED, SeqCst);
    whole.word64(0).fetch_or(1 << 5, SeqCst);
}

// V-51, V-82
#[test]
fn a_page_that_another_process_commits_opens_when_it_is_touched() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("object");
    let file = std::fs::File::options()
        .read(true)
        .write(true)
        .create_new(true)
        .open(&path)
        .unwrap();
    cut(&file, 9 * PAGE);
    let bitmap = Mapped::new(&file, PAGE, ProtFlags::READ);
    let object = Mapped::new(&file, 9 * PAGE, ProtFlags::empty());
    let view = object.reserve(RW, &bitmap, 9, 0);
    assert!(view.load::<u64>(5 * PAGE).is_err());
    let arguments = [
        "--exact",
        "children::the_child_of_the_tests_below",
        "--test-threads=1",
    ];
    let mut other = Command::new(std::env::current_exe().unwrap());
    let status = other
        .args(arguments)
        .env(CASE, "commit")
        .env("FILEMAP_FAULT_TEST_FILE", &path)
        .output()
        .unwrap();
    assert!(status.status.success(), "{status:?}");
    assert_eq!(object.word64(5 * PAGE).load(SeqCst), 0xFEED);
    assert!(view.load::<u64>(4 * PAGE).is_err());
}
