# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_filemap_global_optspecs
    string join \n root= session= h/help V/version
end

function __fish_filemap_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_filemap_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_filemap_using_subcommand
    set -l cmd (__fish_filemap_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c filemap -n "__fish_filemap_needs_command" -l root -d 'Directory of the tree of names, best on a tmpfs; also FILEMAP_ROOT [default: /dev/shm/filemap or the user\'s own]' -r -F
complete -c filemap -n "__fish_filemap_needs_command" -l session -d 'Session whose directory `Local\\` leads to; also FILEMAP_SESSION [default: the user\'s number, 0 for services]' -r
complete -c filemap -n "__fish_filemap_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c filemap -n "__fish_filemap_needs_command" -s V -l version -d 'Print version'
complete -c filemap -n "__fish_filemap_needs_command" -f -a "demo" -d 'Shows what named shared memory is: a server and a client as processes of their own, a file, a killed server, a producer and a consumer at full speed'
complete -c filemap -n "__fish_filemap_needs_command" -f -a "serve" -d 'Creates an object and writes a message into it: the server of Microsoft\'s two-terminal sample'
complete -c filemap -n "__fish_filemap_needs_command" -f -a "client" -d 'Opens an object and shows the message in it: the client of Microsoft\'s two-terminal sample'
complete -c filemap -n "__fish_filemap_needs_command" -f -a "create" -d 'Creates an object, or opens it if it exists, fills it, and keeps it'
complete -c filemap -n "__fish_filemap_needs_command" -f -a "hold" -d 'Opens an object that exists, and keeps it'
complete -c filemap -n "__fish_filemap_needs_command" -f -a "read" -d 'Copies bytes of an object to standard output'
complete -c filemap -n "__fish_filemap_needs_command" -f -a "write" -d 'Copies text, a file or standard input into an object'
complete -c filemap -n "__fish_filemap_needs_command" -f -a "event" -d 'Events: something has happened; create, set, reset, pulse, wait, state'
complete -c filemap -n "__fish_filemap_needs_command" -f -a "mutex" -d 'Mutexes: one owner at a time; run a command while owning one, create, wait, state'
complete -c filemap -n "__fish_filemap_needs_command" -f -a "semaphore" -d 'Semaphores: a count that waits take from and releases add to; create, release, wait, state'
complete -c filemap -n "__fish_filemap_needs_command" -f -a "timer" -d 'Waitable timers: due once or again and again; create, set, cancel, wait, state'
complete -c filemap -n "__fish_filemap_needs_command" -f -a "wait" -d 'Waits for one, any or all of several objects and processes'
complete -c filemap -n "__fish_filemap_needs_command" -f -a "hexdump" -d 'Shows the bytes of an object as hexdump -C does, once or as they change'
complete -c filemap -n "__fish_filemap_needs_command" -f -a "watch" -d 'Shows the values in an object as they change: bytes, numbers, text, or the fields of a layout'
complete -c filemap -n "__fish_filemap_needs_command" -f -a "lab" -d 'Measures every rule of every Windows with real processes, and compares with the table that this library goes by'
complete -c filemap -n "__fish_filemap_needs_command" -f -a "explain" -d 'Says what an error number means: every cause, the likeliest first, each with what to do'
complete -c filemap -n "__fish_filemap_needs_command" -f -a "ls" -d 'Lists the objects that somebody holds: name, kind, size, protection, holders'
complete -c filemap -n "__fish_filemap_needs_command" -f -a "tree" -d 'Shows the tree of directories, links and objects, as WinObj does'
complete -c filemap -n "__fish_filemap_needs_command" -f -a "stat" -d 'Says everything about one object: size, protection, creator, security, state, memory, handles, views'
complete -c filemap -n "__fish_filemap_needs_command" -f -a "who" -d 'Says which processes hold an object: handles with their access, views with their addresses'
complete -c filemap -n "__fish_filemap_needs_command" -f -a "handles" -d 'Lists handles of processes, as handle.exe does: process, object, granted access'
complete -c filemap -n "__fish_filemap_needs_command" -f -a "views" -d 'Lists views of processes, as VMMap does: process, object, address, length, offset, protection, private bytes'
complete -c filemap -n "__fish_filemap_needs_command" -f -a "top" -d 'Browses objects, their holders, views and bytes, live, as Process Explorer and WinObj do'
complete -c filemap -n "__fish_filemap_needs_command" -f -a "diff" -d 'Says where the bytes of an object and of a file differ'
complete -c filemap -n "__fish_filemap_needs_command" -f -a "save" -d 'Copies the bytes of an object into a file, whole or not at all'
complete -c filemap -n "__fish_filemap_needs_command" -f -a "load" -d 'Copies the bytes of a file into an object that exists'
complete -c filemap -n "__fish_filemap_needs_command" -f -a "sweep" -d 'Takes away what killed processes have left, and says how much memory that freed'
complete -c filemap -n "__fish_filemap_needs_command" -f -a "survey" -d 'Shows the address ranges that are free in all of these processes, and where an object would fit'
complete -c filemap -n "__fish_filemap_needs_command" -f -a "run" -d 'Runs a program in this name space, and says which handles and views it never closed'
complete -c filemap -n "__fish_filemap_needs_command" -f -a "why" -d 'Replays a call for a name as somebody else: where it looks, what it finds, what is granted and why'
complete -c filemap -n "__fish_filemap_needs_command" -f -a "can" -d 'Says whether a user may have this access to an object: by its descriptor, and by the kernel'
complete -c filemap -n "__fish_filemap_needs_command" -f -a "doctor" -d 'Looks for what goes wrong with named objects on this machine, and says what to do about each'
complete -c filemap -n "__fish_filemap_needs_command" -f -a "setup" -d 'Makes the tree of names that all users share, now and at each boot, the group that may create Global objects, and the services that reclaim what killed processes leave'
complete -c filemap -n "__fish_filemap_needs_command" -f -a "cc" -d 'Compiles and links C and C++ programs that are written for Windows, from unchanged source'
complete -c filemap -n "__fish_filemap_needs_command" -f -a "documentation" -d 'Writes the manual pages and the completions for shells'
complete -c filemap -n "__fish_filemap_needs_command" -f -a "bridge" -d 'Makes named objects appear in a Wine prefix and on Linux alike, without copying'
complete -c filemap -n "__fish_filemap_needs_command" -f -a "demo-part"
complete -c filemap -n "__fish_filemap_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c filemap -n "__fish_filemap_using_subcommand demo" -l file -d 'A file to share; its first bytes are changed and put back [default: a new temporary file]' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand demo" -l root -d 'Directory of the tree of names, best on a tmpfs; also FILEMAP_ROOT [default: /dev/shm/filemap or the user\'s own]' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand demo" -l session -d 'Session whose directory `Local\\` leads to; also FILEMAP_SESSION [default: the user\'s number, 0 for services]' -r
complete -c filemap -n "__fish_filemap_using_subcommand demo" -l interactive -d 'Wait for ENTER after each step'
complete -c filemap -n "__fish_filemap_using_subcommand demo" -l json -d 'One JSON object with steps, checks and times, in place of the text'
complete -c filemap -n "__fish_filemap_using_subcommand demo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c filemap -n "__fish_filemap_using_subcommand serve" -l text -d 'The message' -r
complete -c filemap -n "__fish_filemap_using_subcommand serve" -l size -d 'Size of the object in bytes; grows with the message if not given' -r
complete -c filemap -n "__fish_filemap_using_subcommand serve" -l root -d 'Directory of the tree of names, best on a tmpfs; also FILEMAP_ROOT [default: /dev/shm/filemap or the user\'s own]' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand serve" -l session -d 'Session whose directory `Local\\` leads to; also FILEMAP_SESSION [default: the user\'s number, 0 for services]' -r
complete -c filemap -n "__fish_filemap_using_subcommand serve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c filemap -n "__fish_filemap_using_subcommand client" -l root -d 'Directory of the tree of names, best on a tmpfs; also FILEMAP_ROOT [default: /dev/shm/filemap or the user\'s own]' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand client" -l session -d 'Session whose directory `Local\\` leads to; also FILEMAP_SESSION [default: the user\'s number, 0 for services]' -r
complete -c filemap -n "__fish_filemap_using_subcommand client" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c filemap -n "__fish_filemap_using_subcommand create" -l size -d 'Size in bytes: 4096, 64KiB, 1M (powers of 1024). Memory is rounded up to pages; a file grows to it if it may be written; without it a file keeps its length, and memory is as large as what it is filled with' -r
complete -c filemap -n "__fish_filemap_using_subcommand create" -l file -d 'Share this file instead of memory; it must exist' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand create" -l protect -d 'What views of the object may do at most' -r -f -a "readonly\t'PAGE_READONLY'
readwrite\t'PAGE_READWRITE'
writecopy\t'PAGE_WRITECOPY: writes stay private'
execute-read\t'PAGE_EXECUTE_READ'
execute-readwrite\t'PAGE_EXECUTE_READWRITE'
execute-writecopy\t'PAGE_EXECUTE_WRITECOPY'"
complete -c filemap -n "__fish_filemap_using_subcommand create" -l sec -d 'SEC_ flags of the object, separated by commas' -r -f -a "commit\t'SEC_COMMIT: all memory is promised at creation (the default)'
reserve\t'SEC_RESERVE: memory is promised when pages are committed'
nocache\t'SEC_NOCACHE'
writecombine\t'SEC_WRITECOMBINE'
large-pages\t'SEC_LARGE_PAGES'
image\t'SEC_IMAGE: lay a program file out as the loader does'
no-change\t'SEC_NO_CHANGE'"
complete -c filemap -n "__fish_filemap_using_subcommand create" -l sddl -d 'Who may open it, as SDDL: D:(A;;GA;;;SY)(A;;0x6;;;AU)' -r
complete -c filemap -n "__fish_filemap_using_subcommand create" -l text -d 'This text, in UTF-8, without a NUL after it' -r
complete -c filemap -n "__fish_filemap_using_subcommand create" -l from -d 'The bytes of this file; `-` is standard input' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand create" -l for -d 'Keep it so long, such as 5s, 2min, 1h30m; without this and without COMMAND until SIGINT, SIGTERM or SIGHUP, or until standard input ends if that is a terminal, a pipe or a socket (not /dev/null or a file, which have no end to wait for)' -r
complete -c filemap -n "__fish_filemap_using_subcommand create" -l ready-fd -d 'Write one line to this descriptor once the object is ready, and close it: `created`, `existed` or `opened`, its size in bytes (`event`, `mutex`, `semaphore` or `timer` for one of these), and its name' -r
complete -c filemap -n "__fish_filemap_using_subcommand create" -l root -d 'Directory of the tree of names, best on a tmpfs; also FILEMAP_ROOT [default: /dev/shm/filemap or the user\'s own]' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand create" -l session -d 'Session whose directory `Local\\` leads to; also FILEMAP_SESSION [default: the user\'s number, 0 for services]' -r
complete -c filemap -n "__fish_filemap_using_subcommand create" -l new -d 'Fail if the object exists (183) instead of opening it'
complete -c filemap -n "__fish_filemap_using_subcommand create" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c filemap -n "__fish_filemap_using_subcommand hold" -l for -d 'Keep it so long, such as 5s, 2min, 1h30m; without this and without COMMAND until SIGINT, SIGTERM or SIGHUP, or until standard input ends if that is a terminal, a pipe or a socket (not /dev/null or a file, which have no end to wait for)' -r
complete -c filemap -n "__fish_filemap_using_subcommand hold" -l ready-fd -d 'Write one line to this descriptor once the object is ready, and close it: `created`, `existed` or `opened`, its size in bytes (`event`, `mutex`, `semaphore` or `timer` for one of these), and its name' -r
complete -c filemap -n "__fish_filemap_using_subcommand hold" -l root -d 'Directory of the tree of names, best on a tmpfs; also FILEMAP_ROOT [default: /dev/shm/filemap or the user\'s own]' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand hold" -l session -d 'Session whose directory `Local\\` leads to; also FILEMAP_SESSION [default: the user\'s number, 0 for services]' -r
complete -c filemap -n "__fish_filemap_using_subcommand hold" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c filemap -n "__fish_filemap_using_subcommand read" -l offset -d 'First byte' -r
complete -c filemap -n "__fish_filemap_using_subcommand read" -l len -d 'How many bytes; 0 means up to the end' -r
complete -c filemap -n "__fish_filemap_using_subcommand read" -l root -d 'Directory of the tree of names, best on a tmpfs; also FILEMAP_ROOT [default: /dev/shm/filemap or the user\'s own]' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand read" -l session -d 'Session whose directory `Local\\` leads to; also FILEMAP_SESSION [default: the user\'s number, 0 for services]' -r
complete -c filemap -n "__fish_filemap_using_subcommand read" -l text -d 'Text up to the first NUL, and a line feed'
complete -c filemap -n "__fish_filemap_using_subcommand read" -l hex -d 'As hexdump -C shows bytes'
complete -c filemap -n "__fish_filemap_using_subcommand read" -l json -d 'One JSON object: name, size of the object, offset, len, the bytes in base64, and the text before the first NUL (null if it is not UTF-8)'
complete -c filemap -n "__fish_filemap_using_subcommand read" -s h -l help -d 'Print help'
complete -c filemap -n "__fish_filemap_using_subcommand write" -l offset -d 'First byte to write to' -r
complete -c filemap -n "__fish_filemap_using_subcommand write" -l text -d 'This text, in UTF-8, without a NUL after it' -r
complete -c filemap -n "__fish_filemap_using_subcommand write" -l from -d 'The bytes of this file; `-` is standard input' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand write" -l root -d 'Directory of the tree of names, best on a tmpfs; also FILEMAP_ROOT [default: /dev/shm/filemap or the user\'s own]' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand write" -l session -d 'Session whose directory `Local\\` leads to; also FILEMAP_SESSION [default: the user\'s number, 0 for services]' -r
complete -c filemap -n "__fish_filemap_using_subcommand write" -l commit -d 'Commit the pages written to, if the object is SEC_RESERVE'
complete -c filemap -n "__fish_filemap_using_subcommand write" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c filemap -n "__fish_filemap_using_subcommand event; and not __fish_seen_subcommand_from create set reset pulse wait state help" -l root -d 'Directory of the tree of names, best on a tmpfs; also FILEMAP_ROOT [default: /dev/shm/filemap or the user\'s own]' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand event; and not __fish_seen_subcommand_from create set reset pulse wait state help" -l session -d 'Session whose directory `Local\\` leads to; also FILEMAP_SESSION [default: the user\'s number, 0 for services]' -r
complete -c filemap -n "__fish_filemap_using_subcommand event; and not __fish_seen_subcommand_from create set reset pulse wait state help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c filemap -n "__fish_filemap_using_subcommand event; and not __fish_seen_subcommand_from create set reset pulse wait state help" -f -a "create" -d 'Creates an event, or opens it if it exists, and keeps it'
complete -c filemap -n "__fish_filemap_using_subcommand event; and not __fish_seen_subcommand_from create set reset pulse wait state help" -f -a "set" -d 'Sets it: lets one waiter go on, or, if it is manual, all; it stays set until somebody waits or, if manual, resets it'
complete -c filemap -n "__fish_filemap_using_subcommand event; and not __fish_seen_subcommand_from create set reset pulse wait state help" -f -a "reset" -d 'Resets it'
complete -c filemap -n "__fish_filemap_using_subcommand event; and not __fish_seen_subcommand_from create set reset pulse wait state help" -f -a "pulse" -d 'Lets those go on who wait just now, and leaves it reset; who is about to wait may miss it'
complete -c filemap -n "__fish_filemap_using_subcommand event; and not __fish_seen_subcommand_from create set reset pulse wait state help" -f -a "wait" -d 'Waits until it is set; an auto-reset event is reset by that'
complete -c filemap -n "__fish_filemap_using_subcommand event; and not __fish_seen_subcommand_from create set reset pulse wait state help" -f -a "state" -d 'Prints `set` or `reset`; changes nothing'
complete -c filemap -n "__fish_filemap_using_subcommand event; and not __fish_seen_subcommand_from create set reset pulse wait state help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c filemap -n "__fish_filemap_using_subcommand event; and __fish_seen_subcommand_from create" -l for -d 'Keep it so long, such as 5s, 2min, 1h30m; without this and without COMMAND until SIGINT, SIGTERM or SIGHUP, or until standard input ends if that is a terminal, a pipe or a socket (not /dev/null or a file, which have no end to wait for)' -r
complete -c filemap -n "__fish_filemap_using_subcommand event; and __fish_seen_subcommand_from create" -l ready-fd -d 'Write one line to this descriptor once the object is ready, and close it: `created`, `existed` or `opened`, its size in bytes (`event`, `mutex`, `semaphore` or `timer` for one of these), and its name' -r
complete -c filemap -n "__fish_filemap_using_subcommand event; and __fish_seen_subcommand_from create" -l root -d 'Directory of the tree of names, best on a tmpfs; also FILEMAP_ROOT [default: /dev/shm/filemap or the user\'s own]' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand event; and __fish_seen_subcommand_from create" -l session -d 'Session whose directory `Local\\` leads to; also FILEMAP_SESSION [default: the user\'s number, 0 for services]' -r
complete -c filemap -n "__fish_filemap_using_subcommand event; and __fish_seen_subcommand_from create" -l manual -d 'Manual reset: set lets everybody go on, until it is reset [default: auto reset, set lets one waiter go on]'
complete -c filemap -n "__fish_filemap_using_subcommand event; and __fish_seen_subcommand_from create" -l set -d 'Set from the start'
complete -c filemap -n "__fish_filemap_using_subcommand event; and __fish_seen_subcommand_from create" -l new -d 'Fail if the event exists (183) instead of opening it'
complete -c filemap -n "__fish_filemap_using_subcommand event; and __fish_seen_subcommand_from create" -s h -l help -d 'Print help'
complete -c filemap -n "__fish_filemap_using_subcommand event; and __fish_seen_subcommand_from set" -l root -d 'Directory of the tree of names, best on a tmpfs; also FILEMAP_ROOT [default: /dev/shm/filemap or the user\'s own]' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand event; and __fish_seen_subcommand_from set" -l session -d 'Session whose directory `Local\\` leads to; also FILEMAP_SESSION [default: the user\'s number, 0 for services]' -r
complete -c filemap -n "__fish_filemap_using_subcommand event; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help'
complete -c filemap -n "__fish_filemap_using_subcommand event; and __fish_seen_subcommand_from reset" -l root -d 'Directory of the tree of names, best on a tmpfs; also FILEMAP_ROOT [default: /dev/shm/filemap or the user\'s own]' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand event; and __fish_seen_subcommand_from reset" -l session -d 'Session whose directory `Local\\` leads to; also FILEMAP_SESSION [default: the user\'s number, 0 for services]' -r
complete -c filemap -n "__fish_filemap_using_subcommand event; and __fish_seen_subcommand_from reset" -s h -l help -d 'Print help'
complete -c filemap -n "__fish_filemap_using_subcommand event; and __fish_seen_subcommand_from pulse" -l root -d 'Directory of the tree of names, best on a tmpfs; also FILEMAP_ROOT [default: /dev/shm/filemap or the user\'s own]' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand event; and __fish_seen_subcommand_from pulse" -l session -d 'Session whose directory `Local\\` leads to; also FILEMAP_SESSION [default: the user\'s number, 0 for services]' -r
complete -c filemap -n "__fish_filemap_using_subcommand event; and __fish_seen_subcommand_from pulse" -s h -l help -d 'Print help'
complete -c filemap -n "__fish_filemap_using_subcommand event; and __fish_seen_subcommand_from wait" -l timeout -d 'Give up after so long, such as 0s, 500ms, 1min; exit status 124 then [default: wait for ever]' -r
complete -c filemap -n "__fish_filemap_using_subcommand event; and __fish_seen_subcommand_from wait" -l root -d 'Directory of the tree of names, best on a tmpfs; also FILEMAP_ROOT [default: /dev/shm/filemap or the user\'s own]' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand event; and __fish_seen_subcommand_from wait" -l session -d 'Session whose directory `Local\\` leads to; also FILEMAP_SESSION [default: the user\'s number, 0 for services]' -r
complete -c filemap -n "__fish_filemap_using_subcommand event; and __fish_seen_subcommand_from wait" -s h -l help -d 'Print help'
complete -c filemap -n "__fish_filemap_using_subcommand event; and __fish_seen_subcommand_from state" -l root -d 'Directory of the tree of names, best on a tmpfs; also FILEMAP_ROOT [default: /dev/shm/filemap or the user\'s own]' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand event; and __fish_seen_subcommand_from state" -l session -d 'Session whose directory `Local\\` leads to; also FILEMAP_SESSION [default: the user\'s number, 0 for services]' -r
complete -c filemap -n "__fish_filemap_using_subcommand event; and __fish_seen_subcommand_from state" -s h -l help -d 'Print help'
complete -c filemap -n "__fish_filemap_using_subcommand event; and __fish_seen_subcommand_from help" -f -a "create" -d 'Creates an event, or opens it if it exists, and keeps it'
complete -c filemap -n "__fish_filemap_using_subcommand event; and __fish_seen_subcommand_from help" -f -a "set" -d 'Sets it: lets one waiter go on, or, if it is manual, all; it stays set until somebody waits or, if manual, resets it'
complete -c filemap -n "__fish_filemap_using_subcommand event; and __fish_seen_subcommand_from help" -f -a "reset" -d 'Resets it'
complete -c filemap -n "__fish_filemap_using_subcommand event; and __fish_seen_subcommand_from help" -f -a "pulse" -d 'Lets those go on who wait just now, and leaves it reset; who is about to wait may miss it'
complete -c filemap -n "__fish_filemap_using_subcommand event; and __fish_seen_subcommand_from help" -f -a "wait" -d 'Waits until it is set; an auto-reset event is reset by that'
complete -c filemap -n "__fish_filemap_using_subcommand event; and __fish_seen_subcommand_from help" -f -a "state" -d 'Prints `set` or `reset`; changes nothing'
complete -c filemap -n "__fish_filemap_using_subcommand event; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c filemap -n "__fish_filemap_using_subcommand mutex; and not __fish_seen_subcommand_from run create wait state help" -l root -d 'Directory of the tree of names, best on a tmpfs; also FILEMAP_ROOT [default: /dev/shm/filemap or the user\'s own]' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand mutex; and not __fish_seen_subcommand_from run create wait state help" -l session -d 'Session whose directory `Local\\` leads to; also FILEMAP_SESSION [default: the user\'s number, 0 for services]' -r
complete -c filemap -n "__fish_filemap_using_subcommand mutex; and not __fish_seen_subcommand_from run create wait state help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c filemap -n "__fish_filemap_using_subcommand mutex; and not __fish_seen_subcommand_from run create wait state help" -f -a "run" -d 'Waits until it owns the mutex, runs a command, and releases it; the exit status is that of the command'
complete -c filemap -n "__fish_filemap_using_subcommand mutex; and not __fish_seen_subcommand_from run create wait state help" -f -a "create" -d 'Creates a mutex, or opens it if it exists, and keeps it'
complete -c filemap -n "__fish_filemap_using_subcommand mutex; and not __fish_seen_subcommand_from run create wait state help" -f -a "wait" -d 'Waits until it is free, and leaves it free; to own it, use `run`'
complete -c filemap -n "__fish_filemap_using_subcommand mutex; and not __fish_seen_subcommand_from run create wait state help" -f -a "state" -d 'Prints `free`, `abandoned`, or `owned` and the number of the thread that owns it; changes nothing'
complete -c filemap -n "__fish_filemap_using_subcommand mutex; and not __fish_seen_subcommand_from run create wait state help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c filemap -n "__fish_filemap_using_subcommand mutex; and __fish_seen_subcommand_from run" -l timeout -d 'Give up after so long, such as 0s, 500ms, 1min; exit status 124 then [default: wait for ever]' -r
complete -c filemap -n "__fish_filemap_using_subcommand mutex; and __fish_seen_subcommand_from run" -l root -d 'Directory of the tree of names, best on a tmpfs; also FILEMAP_ROOT [default: /dev/shm/filemap or the user\'s own]' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand mutex; and __fish_seen_subcommand_from run" -l session -d 'Session whose directory `Local\\` leads to; also FILEMAP_SESSION [default: the user\'s number, 0 for services]' -r
complete -c filemap -n "__fish_filemap_using_subcommand mutex; and __fish_seen_subcommand_from run" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c filemap -n "__fish_filemap_using_subcommand mutex; and __fish_seen_subcommand_from create" -l for -d 'Keep it so long, such as 5s, 2min, 1h30m; without this and without COMMAND until SIGINT, SIGTERM or SIGHUP, or until standard input ends if that is a terminal, a pipe or a socket (not /dev/null or a file, which have no end to wait for)' -r
complete -c filemap -n "__fish_filemap_using_subcommand mutex; and __fish_seen_subcommand_from create" -l ready-fd -d 'Write one line to this descriptor once the object is ready, and close it: `created`, `existed` or `opened`, its size in bytes (`event`, `mutex`, `semaphore` or `timer` for one of these), and its name' -r
complete -c filemap -n "__fish_filemap_using_subcommand mutex; and __fish_seen_subcommand_from create" -l root -d 'Directory of the tree of names, best on a tmpfs; also FILEMAP_ROOT [default: /dev/shm/filemap or the user\'s own]' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand mutex; and __fish_seen_subcommand_from create" -l session -d 'Session whose directory `Local\\` leads to; also FILEMAP_SESSION [default: the user\'s number, 0 for services]' -r
complete -c filemap -n "__fish_filemap_using_subcommand mutex; and __fish_seen_subcommand_from create" -l owned -d 'Own it as long as it is kept, if it is really created; not if it exists'
complete -c filemap -n "__fish_filemap_using_subcommand mutex; and __fish_seen_subcommand_from create" -l new -d 'Fail if the mutex exists (183) instead of opening it'
complete -c filemap -n "__fish_filemap_using_subcommand mutex; and __fish_seen_subcommand_from create" -s h -l help -d 'Print help'
complete -c filemap -n "__fish_filemap_using_subcommand mutex; and __fish_seen_subcommand_from wait" -l timeout -d 'Give up after so long, such as 0s, 500ms, 1min; exit status 124 then [default: wait for ever]' -r
complete -c filemap -n "__fish_filemap_using_subcommand mutex; and __fish_seen_subcommand_from wait" -l root -d 'Directory of the tree of names, best on a tmpfs; also FILEMAP_ROOT [default: /dev/shm/filemap or the user\'s own]' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand mutex; and __fish_seen_subcommand_from wait" -l session -d 'Session whose directory `Local\\` leads to; also FILEMAP_SESSION [default: the user\'s number, 0 for services]' -r
complete -c filemap -n "__fish_filemap_using_subcommand mutex; and __fish_seen_subcommand_from wait" -s h -l help -d 'Print help'
complete -c filemap -n "__fish_filemap_using_subcommand mutex; and __fish_seen_subcommand_from state" -l root -d 'Directory of the tree of names, best on a tmpfs; also FILEMAP_ROOT [default: /dev/shm/filemap or the user\'s own]' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand mutex; and __fish_seen_subcommand_from state" -l session -d 'Session whose directory `Local\\` leads to; also FILEMAP_SESSION [default: the user\'s number, 0 for services]' -r
complete -c filemap -n "__fish_filemap_using_subcommand mutex; and __fish_seen_subcommand_from state" -s h -l help -d 'Print help'
complete -c filemap -n "__fish_filemap_using_subcommand mutex; and __fish_seen_subcommand_from help" -f -a "run" -d 'Waits until it owns the mutex, runs a command, and releases it; the exit status is that of the command'
complete -c filemap -n "__fish_filemap_using_subcommand mutex; and __fish_seen_subcommand_from help" -f -a "create" -d 'Creates a mutex, or opens it if it exists, and keeps it'
complete -c filemap -n "__fish_filemap_using_subcommand mutex; and __fish_seen_subcommand_from help" -f -a "wait" -d 'Waits until it is free, and leaves it free; to own it, use `run`'
complete -c filemap -n "__fish_filemap_using_subcommand mutex; and __fish_seen_subcommand_from help" -f -a "state" -d 'Prints `free`, `abandoned`, or `owned` and the number of the thread that owns it; changes nothing'
complete -c filemap -n "__fish_filemap_using_subcommand mutex; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c filemap -n "__fish_filemap_using_subcommand semaphore; and not __fish_seen_subcommand_from create release wait state help" -l root -d 'Directory of the tree of names, best on a tmpfs; also FILEMAP_ROOT [default: /dev/shm/filemap or the user\'s own]' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand semaphore; and not __fish_seen_subcommand_from create release wait state help" -l session -d 'Session whose directory `Local\\` leads to; also FILEMAP_SESSION [default: the user\'s number, 0 for services]' -r
complete -c filemap -n "__fish_filemap_using_subcommand semaphore; and not __fish_seen_subcommand_from create release wait state help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c filemap -n "__fish_filemap_using_subcommand semaphore; and not __fish_seen_subcommand_from create release wait state help" -f -a "create" -d 'Creates a semaphore, or opens it if it exists, and keeps it'
complete -c filemap -n "__fish_filemap_using_subcommand semaphore; and not __fish_seen_subcommand_from create release wait state help" -f -a "release" -d 'Adds to the count; fails (298) and adds nothing if that is above the maximum'
complete -c filemap -n "__fish_filemap_using_subcommand semaphore; and not __fish_seen_subcommand_from create release wait state help" -f -a "wait" -d 'Waits until the count is above 0, and takes one; nobody gives it back but `release`'
complete -c filemap -n "__fish_filemap_using_subcommand semaphore; and not __fish_seen_subcommand_from create release wait state help" -f -a "state" -d 'Prints the count; changes nothing'
complete -c filemap -n "__fish_filemap_using_subcommand semaphore; and not __fish_seen_subcommand_from create release wait state help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c filemap -n "__fish_filemap_using_subcommand semaphore; and __fish_seen_subcommand_from create" -l initial -d 'First count' -r
complete -c filemap -n "__fish_filemap_using_subcommand semaphore; and __fish_seen_subcommand_from create" -l maximum -d 'Highest count' -r
complete -c filemap -n "__fish_filemap_using_subcommand semaphore; and __fish_seen_subcommand_from create" -l for -d 'Keep it so long, such as 5s, 2min, 1h30m; without this and without COMMAND until SIGINT, SIGTERM or SIGHUP, or until standard input ends if that is a terminal, a pipe or a socket (not /dev/null or a file, which have no end to wait for)' -r
complete -c filemap -n "__fish_filemap_using_subcommand semaphore; and __fish_seen_subcommand_from create" -l ready-fd -d 'Write one line to this descriptor once the object is ready, and close it: `created`, `existed` or `opened`, its size in bytes (`event`, `mutex`, `semaphore` or `timer` for one of these), and its name' -r
complete -c filemap -n "__fish_filemap_using_subcommand semaphore; and __fish_seen_subcommand_from create" -l root -d 'Directory of the tree of names, best on a tmpfs; also FILEMAP_ROOT [default: /dev/shm/filemap or the user\'s own]' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand semaphore; and __fish_seen_subcommand_from create" -l session -d 'Session whose directory `Local\\` leads to; also FILEMAP_SESSION [default: the user\'s number, 0 for services]' -r
complete -c filemap -n "__fish_filemap_using_subcommand semaphore; and __fish_seen_subcommand_from create" -l new -d 'Fail if the semaphore exists (183) instead of opening it'
complete -c filemap -n "__fish_filemap_using_subcommand semaphore; and __fish_seen_subcommand_from create" -s h -l help -d 'Print help'
complete -c filemap -n "__fish_filemap_using_subcommand semaphore; and __fish_seen_subcommand_from release" -l root -d 'Directory of the tree of names, best on a tmpfs; also FILEMAP_ROOT [default: /dev/shm/filemap or the user\'s own]' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand semaphore; and __fish_seen_subcommand_from release" -l session -d 'Session whose directory `Local\\` leads to; also FILEMAP_SESSION [default: the user\'s number, 0 for services]' -r
complete -c filemap -n "__fish_filemap_using_subcommand semaphore; and __fish_seen_subcommand_from release" -s h -l help -d 'Print help'
complete -c filemap -n "__fish_filemap_using_subcommand semaphore; and __fish_seen_subcommand_from wait" -l timeout -d 'Give up after so long, such as 0s, 500ms, 1min; exit status 124 then [default: wait for ever]' -r
complete -c filemap -n "__fish_filemap_using_subcommand semaphore; and __fish_seen_subcommand_from wait" -l root -d 'Directory of the tree of names, best on a tmpfs; also FILEMAP_ROOT [default: /dev/shm/filemap or the user\'s own]' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand semaphore; and __fish_seen_subcommand_from wait" -l session -d 'Session whose directory `Local\\` leads to; also FILEMAP_SESSION [default: the user\'s number, 0 for services]' -r
complete -c filemap -n "__fish_filemap_using_subcommand semaphore; and __fish_seen_subcommand_from wait" -s h -l help -d 'Print help'
complete -c filemap -n "__fish_filemap_using_subcommand semaphore; and __fish_seen_subcommand_from state" -l root -d 'Directory of the tree of names, best on a tmpfs; also FILEMAP_ROOT [default: /dev/shm/filemap or the user\'s own]' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand semaphore; and __fish_seen_subcommand_from state" -l session -d 'Session whose directory `Local\\` leads to; also FILEMAP_SESSION [default: the user\'s number, 0 for services]' -r
complete -c filemap -n "__fish_filemap_using_subcommand semaphore; and __fish_seen_subcommand_from state" -s h -l help -d 'Print help'
complete -c filemap -n "__fish_filemap_using_subcommand semaphore; and __fish_seen_subcommand_from help" -f -a "create" -d 'Creates a semaphore, or opens it if it exists, and keeps it'
complete -c filemap -n "__fish_filemap_using_subcommand semaphore; and __fish_seen_subcommand_from help" -f -a "release" -d 'Adds to the count; fails (298) and adds nothing if that is above the maximum'
complete -c filemap -n "__fish_filemap_using_subcommand semaphore; and __fish_seen_subcommand_from help" -f -a "wait" -d 'Waits until the count is above 0, and takes one; nobody gives it back but `release`'
complete -c filemap -n "__fish_filemap_using_subcommand semaphore; and __fish_seen_subcommand_from help" -f -a "state" -d 'Prints the count; changes nothing'
complete -c filemap -n "__fish_filemap_using_subcommand semaphore; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c filemap -n "__fish_filemap_using_subcommand timer; and not __fish_seen_subcommand_from create set cancel wait state help" -l root -d 'Directory of the tree of names, best on a tmpfs; also FILEMAP_ROOT [default: /dev/shm/filemap or the user\'s own]' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand timer; and not __fish_seen_subcommand_from create set cancel wait state help" -l session -d 'Session whose directory `Local\\` leads to; also FILEMAP_SESSION [default: the user\'s number, 0 for services]' -r
complete -c filemap -n "__fish_filemap_using_subcommand timer; and not __fish_seen_subcommand_from create set cancel wait state help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c filemap -n "__fish_filemap_using_subcommand timer; and not __fish_seen_subcommand_from create set cancel wait state help" -f -a "create" -d 'Creates a timer, inactive, or opens it if it exists, and keeps it'
complete -c filemap -n "__fish_filemap_using_subcommand timer; and not __fish_seen_subcommand_from create set cancel wait state help" -f -a "set" -d 'Sets it; it is not signalled until it is due'
complete -c filemap -n "__fish_filemap_using_subcommand timer; and not __fish_seen_subcommand_from create set cancel wait state help" -f -a "cancel" -d 'Makes it inactive; whether it is signalled stays'
complete -c filemap -n "__fish_filemap_using_subcommand timer; and not __fish_seen_subcommand_from create set cancel wait state help" -f -a "wait" -d 'Waits until it is due; an auto-reset timer is reset by that'
complete -c filemap -n "__fish_filemap_using_subcommand timer; and not __fish_seen_subcommand_from create set cancel wait state help" -f -a "state" -d 'Prints `signalled`, `armed` (due later) or `inactive`; changes nothing'
complete -c filemap -n "__fish_filemap_using_subcommand timer; and not __fish_seen_subcommand_from create set cancel wait state help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c filemap -n "__fish_filemap_using_subcommand timer; and __fish_seen_subcommand_from create" -l for -d 'Keep it so long, such as 5s, 2min, 1h30m; without this and without COMMAND until SIGINT, SIGTERM or SIGHUP, or until standard input ends if that is a terminal, a pipe or a socket (not /dev/null or a file, which have no end to wait for)' -r
complete -c filemap -n "__fish_filemap_using_subcommand timer; and __fish_seen_subcommand_from create" -l ready-fd -d 'Write one line to this descriptor once the object is ready, and close it: `created`, `existed` or `opened`, its size in bytes (`event`, `mutex`, `semaphore` or `timer` for one of these), and its name' -r
complete -c filemap -n "__fish_filemap_using_subcommand timer; and __fish_seen_subcommand_from create" -l root -d 'Directory of the tree of names, best on a tmpfs; also FILEMAP_ROOT [default: /dev/shm/filemap or the user\'s own]' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand timer; and __fish_seen_subcommand_from create" -l session -d 'Session whose directory `Local\\` leads to; also FILEMAP_SESSION [default: the user\'s number, 0 for services]' -r
complete -c filemap -n "__fish_filemap_using_subcommand timer; and __fish_seen_subcommand_from create" -l manual -d 'Manual reset: once due, it stays signalled until it is set again [default: auto reset, a wait resets it]'
complete -c filemap -n "__fish_filemap_using_subcommand timer; and __fish_seen_subcommand_from create" -l new -d 'Fail if the timer exists (183) instead of opening it'
complete -c filemap -n "__fish_filemap_using_subcommand timer; and __fish_seen_subcommand_from create" -s h -l help -d 'Print help'
complete -c filemap -n "__fish_filemap_using_subcommand timer; and __fish_seen_subcommand_from set" -l after -d 'Due so long from now' -r
complete -c filemap -n "__fish_filemap_using_subcommand timer; and __fish_seen_subcommand_from set" -l at -d 'Due at this time in UTC, such as 2030-01-01T00:00:00Z; it follows when somebody sets the clock' -r
complete -c filemap -n "__fish_filemap_using_subcommand timer; and __fish_seen_subcommand_from set" -l every -d 'And again after each such time' -r
complete -c filemap -n "__fish_filemap_using_subcommand timer; and __fish_seen_subcommand_from set" -l root -d 'Directory of the tree of names, best on a tmpfs; also FILEMAP_ROOT [default: /dev/shm/filemap or the user\'s own]' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand timer; and __fish_seen_subcommand_from set" -l session -d 'Session whose directory `Local\\` leads to; also FILEMAP_SESSION [default: the user\'s number, 0 for services]' -r
complete -c filemap -n "__fish_filemap_using_subcommand timer; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help'
complete -c filemap -n "__fish_filemap_using_subcommand timer; and __fish_seen_subcommand_from cancel" -l root -d 'Directory of the tree of names, best on a tmpfs; also FILEMAP_ROOT [default: /dev/shm/filemap or the user\'s own]' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand timer; and __fish_seen_subcommand_from cancel" -l session -d 'Session whose directory `Local\\` leads to; also FILEMAP_SESSION [default: the user\'s number, 0 for services]' -r
complete -c filemap -n "__fish_filemap_using_subcommand timer; and __fish_seen_subcommand_from cancel" -s h -l help -d 'Print help'
complete -c filemap -n "__fish_filemap_using_subcommand timer; and __fish_seen_subcommand_from wait" -l timeout -d 'Give up after so long, such as 0s, 500ms, 1min; exit status 124 then [default: wait for ever]' -r
complete -c filemap -n "__fish_filemap_using_subcommand timer; and __fish_seen_subcommand_from wait" -l root -d 'Directory of the tree of names, best on a tmpfs; also FILEMAP_ROOT [default: /dev/shm/filemap or the user\'s own]' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand timer; and __fish_seen_subcommand_from wait" -l session -d 'Session whose directory `Local\\` leads to; also FILEMAP_SESSION [default: the user\'s number, 0 for services]' -r
complete -c filemap -n "__fish_filemap_using_subcommand timer; and __fish_seen_subcommand_from wait" -s h -l help -d 'Print help'
complete -c filemap -n "__fish_filemap_using_subcommand timer; and __fish_seen_subcommand_from state" -l root -d 'Directory of the tree of names, best on a tmpfs; also FILEMAP_ROOT [default: /dev/shm/filemap or the user\'s own]' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand timer; and __fish_seen_subcommand_from state" -l session -d 'Session whose directory `Local\\` leads to; also FILEMAP_SESSION [default: the user\'s number, 0 for services]' -r
complete -c filemap -n "__fish_filemap_using_subcommand timer; and __fish_seen_subcommand_from state" -s h -l help -d 'Print help'
complete -c filemap -n "__fish_filemap_using_subcommand timer; and __fish_seen_subcommand_from help" -f -a "create" -d 'Creates a timer, inactive, or opens it if it exists, and keeps it'
complete -c filemap -n "__fish_filemap_using_subcommand timer; and __fish_seen_subcommand_from help" -f -a "set" -d 'Sets it; it is not signalled until it is due'
complete -c filemap -n "__fish_filemap_using_subcommand timer; and __fish_seen_subcommand_from help" -f -a "cancel" -d 'Makes it inactive; whether it is signalled stays'
complete -c filemap -n "__fish_filemap_using_subcommand timer; and __fish_seen_subcommand_from help" -f -a "wait" -d 'Waits until it is due; an auto-reset timer is reset by that'
complete -c filemap -n "__fish_filemap_using_subcommand timer; and __fish_seen_subcommand_from help" -f -a "state" -d 'Prints `signalled`, `armed` (due later) or `inactive`; changes nothing'
complete -c filemap -n "__fish_filemap_using_subcommand timer; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c filemap -n "__fish_filemap_using_subcommand wait" -l timeout -d 'Give up after so long, such as 0s, 500ms, 1min; exit status 124 then [default: wait for ever]' -r
complete -c filemap -n "__fish_filemap_using_subcommand wait" -l root -d 'Directory of the tree of names, best on a tmpfs; also FILEMAP_ROOT [default: /dev/shm/filemap or the user\'s own]' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand wait" -l session -d 'Session whose directory `Local\\` leads to; also FILEMAP_SESSION [default: the user\'s number, 0 for services]' -r
complete -c filemap -n "__fish_filemap_using_subcommand wait" -l any -d 'Until one of them is signalled, the first of the line if there are several: its name is printed; nothing else changes'
complete -c filemap -n "__fish_filemap_using_subcommand wait" -l all -d 'Until all of them are signalled at the same moment; nothing changes before'
complete -c filemap -n "__fish_filemap_using_subcommand wait" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c filemap -n "__fish_filemap_using_subcommand hexdump" -l offset -d 'First byte' -r
complete -c filemap -n "__fish_filemap_using_subcommand hexdump" -l len -d 'How many bytes; 0 means up to the end' -r
complete -c filemap -n "__fish_filemap_using_subcommand hexdump" -l every -d 'Time between two looks' -r
complete -c filemap -n "__fish_filemap_using_subcommand hexdump" -l root -d 'Directory of the tree of names, best on a tmpfs; also FILEMAP_ROOT [default: /dev/shm/filemap or the user\'s own]' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand hexdump" -l session -d 'Session whose directory `Local\\` leads to; also FILEMAP_SESSION [default: the user\'s number, 0 for services]' -r
complete -c filemap -n "__fish_filemap_using_subcommand hexdump" -s f -l follow -d 'Go on until a signal, or until nobody holds the object any more'
complete -c filemap -n "__fish_filemap_using_subcommand hexdump" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c filemap -n "__fish_filemap_using_subcommand watch" -l as -d 'What the bytes are' -r -f -a "u8\t''
u16\t''
u32\t''
u64\t''
i8\t''
i16\t''
i32\t''
i64\t''
f32\t''
f64\t''
bool\t'A byte; anything but 0 is true'
text\t'UTF-8 up to the first NUL'
utf16\t'UTF-16 up to the first NUL, as Windows programs write it'
bytes\t'Bytes in hexadecimal'"
complete -c filemap -n "__fish_filemap_using_subcommand watch" -l layout -d 'What the bytes are: a layout in TOML, or a C header (its name ends in .h)' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand watch" -l struct -d 'The struct of the header, by its tag or typedef; it begins at --offset [default: the only one]' -r
complete -c filemap -n "__fish_filemap_using_subcommand watch" -l abi -d 'Whose sizes the types of the header have' -r -f -a "linux\t'System V\'s on 64-bit machines: `long` has 8 bytes, `wchar_t` 4'
windows\t'64-bit Windows\': `long` has 4 bytes, `wchar_t` 2'"
complete -c filemap -n "__fish_filemap_using_subcommand watch" -l offset -d 'First byte' -r
complete -c filemap -n "__fish_filemap_using_subcommand watch" -l len -d 'How many bytes; 0 means up to the end, or as many as the layout needs' -r
complete -c filemap -n "__fish_filemap_using_subcommand watch" -l every -d 'Time between two looks' -r
complete -c filemap -n "__fish_filemap_using_subcommand watch" -l hz -d 'Looks in a second, in place of --every' -r
complete -c filemap -n "__fish_filemap_using_subcommand watch" -l for -d 'End after so long' -r
complete -c filemap -n "__fish_filemap_using_subcommand watch" -l count -d 'End after so many states, the first one included' -r
complete -c filemap -n "__fish_filemap_using_subcommand watch" -l record -d 'Write all changes to this file' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand watch" -l replay -d 'Show what was recorded' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand watch" -l speed -d 'How fast to replay; 0 is at once' -r
complete -c filemap -n "__fish_filemap_using_subcommand watch" -l export -d 'A row for each state: time and the value of every field' -r -f -a "csv\t'Comma-separated values, with a header'
jsonl\t'One JSON object in each line'"
complete -c filemap -n "__fish_filemap_using_subcommand watch" -l root -d 'Directory of the tree of names, best on a tmpfs; also FILEMAP_ROOT [default: /dev/shm/filemap or the user\'s own]' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand watch" -l session -d 'Session whose directory `Local\\` leads to; also FILEMAP_SESSION [default: the user\'s number, 0 for services]' -r
complete -c filemap -n "__fish_filemap_using_subcommand watch" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c filemap -n "__fish_filemap_using_subcommand lab; and not __fish_seen_subcommand_from maartensmap help" -l platform -d 'Platforms to measure, such as win95 or xp-sp1 [default: all nine]' -r
complete -c filemap -n "__fish_filemap_using_subcommand lab; and not __fish_seen_subcommand_from maartensmap help" -l only -d 'Show these clauses only' -r
complete -c filemap -n "__fish_filemap_using_subcommand lab; and not __fish_seen_subcommand_from maartensmap help" -l root -d 'Directory of the tree of names, best on a tmpfs; also FILEMAP_ROOT [default: /dev/shm/filemap or the user\'s own]' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand lab; and not __fish_seen_subcommand_from maartensmap help" -l session -d 'Session whose directory `Local\\` leads to; also FILEMAP_SESSION [default: the user\'s number, 0 for services]' -r
complete -c filemap -n "__fish_filemap_using_subcommand lab; and not __fish_seen_subcommand_from maartensmap help" -l json -d 'One JSON array of rows: clause, platform, behaviour, expected, measured, ok'
complete -c filemap -n "__fish_filemap_using_subcommand lab; and not __fish_seen_subcommand_from maartensmap help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c filemap -n "__fish_filemap_using_subcommand lab; and not __fish_seen_subcommand_from maartensmap help" -f -a "maartensmap" -d 'Replays a service and a user who look for `MaartensMap`: error 2, then error 5, on every Windows'
complete -c filemap -n "__fish_filemap_using_subcommand lab; and not __fish_seen_subcommand_from maartensmap help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c filemap -n "__fish_filemap_using_subcommand lab; and __fish_seen_subcommand_from maartensmap" -l root -d 'Directory of the tree of names, best on a tmpfs; also FILEMAP_ROOT [default: /dev/shm/filemap or the user\'s own]' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand lab; and __fish_seen_subcommand_from maartensmap" -l session -d 'Session whose directory `Local\\` leads to; also FILEMAP_SESSION [default: the user\'s number, 0 for services]' -r
complete -c filemap -n "__fish_filemap_using_subcommand lab; and __fish_seen_subcommand_from maartensmap" -l json -d 'One JSON array of rows: clause, platform, behaviour, expected, measured, ok'
complete -c filemap -n "__fish_filemap_using_subcommand lab; and __fish_seen_subcommand_from maartensmap" -s h -l help -d 'Print help'
complete -c filemap -n "__fish_filemap_using_subcommand lab; and __fish_seen_subcommand_from help" -f -a "maartensmap" -d 'Replays a service and a user who look for `MaartensMap`: error 2, then error 5, on every Windows'
complete -c filemap -n "__fish_filemap_using_subcommand lab; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c filemap -n "__fish_filemap_using_subcommand explain" -l call -d 'The function that failed, as in MapViewOfFile' -r
complete -c filemap -n "__fish_filemap_using_subcommand explain" -l root -d 'Directory of the tree of names, best on a tmpfs; also FILEMAP_ROOT [default: /dev/shm/filemap or the user\'s own]' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand explain" -l session -d 'Session whose directory `Local\\` leads to; also FILEMAP_SESSION [default: the user\'s number, 0 for services]' -r
complete -c filemap -n "__fish_filemap_using_subcommand explain" -l json -d 'One JSON object: number, name, causes, lints'
complete -c filemap -n "__fish_filemap_using_subcommand explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c filemap -n "__fish_filemap_using_subcommand ls" -l kind -d 'Only objects of this kind; may be given several times' -r -f -a "mapping\t''
event\t''
mutex\t''
semaphore\t''
timer\t''
job\t''"
complete -c filemap -n "__fish_filemap_using_subcommand ls" -l pid -d 'Only objects that this process has a handle to' -r
complete -c filemap -n "__fish_filemap_using_subcommand ls" -l sort -d 'Sort by' -r -f -a "name\t'Directory and name'
kind\t'Kind, then name'
size\t'Bytes'
age\t'When it was made'
holders\t'How many processes hold it'"
complete -c filemap -n "__fish_filemap_using_subcommand ls" -l root -d 'Directory of the tree of names, best on a tmpfs; also FILEMAP_ROOT [default: /dev/shm/filemap or the user\'s own]' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand ls" -l session -d 'Session whose directory `Local\\` leads to; also FILEMAP_SESSION [default: the user\'s number, 0 for services]' -r
complete -c filemap -n "__fish_filemap_using_subcommand ls" -s r -l reverse -d 'The other way round'
complete -c filemap -n "__fish_filemap_using_subcommand ls" -s l -l long -d 'Age, owner, mode and memory, too'
complete -c filemap -n "__fish_filemap_using_subcommand ls" -l private -d 'Private name spaces, too'
complete -c filemap -n "__fish_filemap_using_subcommand ls" -l json -d 'One JSON object with `objects`, `dead` (leftovers that `filemap sweep` removes) and `oddities`'
complete -c filemap -n "__fish_filemap_using_subcommand ls" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c filemap -n "__fish_filemap_using_subcommand tree" -l root -d 'Directory of the tree of names, best on a tmpfs; also FILEMAP_ROOT [default: /dev/shm/filemap or the user\'s own]' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand tree" -l session -d 'Session whose directory `Local\\` leads to; also FILEMAP_SESSION [default: the user\'s number, 0 for services]' -r
complete -c filemap -n "__fish_filemap_using_subcommand tree" -l no-links -d 'Leave the links out'
complete -c filemap -n "__fish_filemap_using_subcommand tree" -l json -d 'One JSON object: nested directories with `links`, `directories`, `objects`, `dead`, `oddities`'
complete -c filemap -n "__fish_filemap_using_subcommand tree" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c filemap -n "__fish_filemap_using_subcommand stat" -l root -d 'Directory of the tree of names, best on a tmpfs; also FILEMAP_ROOT [default: /dev/shm/filemap or the user\'s own]' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand stat" -l session -d 'Session whose directory `Local\\` leads to; also FILEMAP_SESSION [default: the user\'s number, 0 for services]' -r
complete -c filemap -n "__fish_filemap_using_subcommand stat" -l json -d 'One JSON object'
complete -c filemap -n "__fish_filemap_using_subcommand stat" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c filemap -n "__fish_filemap_using_subcommand who" -l root -d 'Directory of the tree of names, best on a tmpfs; also FILEMAP_ROOT [default: /dev/shm/filemap or the user\'s own]' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand who" -l session -d 'Session whose directory `Local\\` leads to; also FILEMAP_SESSION [default: the user\'s number, 0 for services]' -r
complete -c filemap -n "__fish_filemap_using_subcommand who" -l json -d 'One JSON object'
complete -c filemap -n "__fish_filemap_using_subcommand who" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c filemap -n "__fish_filemap_using_subcommand handles" -s p -l pid -d 'Only this process' -r
complete -c filemap -n "__fish_filemap_using_subcommand handles" -l sort -d 'Sort by' -r -f -a "pid\t'Process number'
program\t'Program'
object\t'Object'
size\t'Length of the view; of handles, the number'"
complete -c filemap -n "__fish_filemap_using_subcommand handles" -l root -d 'Directory of the tree of names, best on a tmpfs; also FILEMAP_ROOT [default: /dev/shm/filemap or the user\'s own]' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand handles" -l session -d 'Session whose directory `Local\\` leads to; also FILEMAP_SESSION [default: the user\'s number, 0 for services]' -r
complete -c filemap -n "__fish_filemap_using_subcommand handles" -l json -d 'One JSON object'
complete -c filemap -n "__fish_filemap_using_subcommand handles" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c filemap -n "__fish_filemap_using_subcommand views" -s p -l pid -d 'Only this process' -r
complete -c filemap -n "__fish_filemap_using_subcommand views" -l sort -d 'Sort by' -r -f -a "pid\t'Process number'
program\t'Program'
object\t'Object'
size\t'Length of the view; of handles, the number'"
complete -c filemap -n "__fish_filemap_using_subcommand views" -l root -d 'Directory of the tree of names, best on a tmpfs; also FILEMAP_ROOT [default: /dev/shm/filemap or the user\'s own]' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand views" -l session -d 'Session whose directory `Local\\` leads to; also FILEMAP_SESSION [default: the user\'s number, 0 for services]' -r
complete -c filemap -n "__fish_filemap_using_subcommand views" -l json -d 'One JSON object'
complete -c filemap -n "__fish_filemap_using_subcommand views" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c filemap -n "__fish_filemap_using_subcommand top" -l every -d 'Time between two looks at the tree and the processes' -r
complete -c filemap -n "__fish_filemap_using_subcommand top" -l root -d 'Directory of the tree of names, best on a tmpfs; also FILEMAP_ROOT [default: /dev/shm/filemap or the user\'s own]' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand top" -l session -d 'Session whose directory `Local\\` leads to; also FILEMAP_SESSION [default: the user\'s number, 0 for services]' -r
complete -c filemap -n "__fish_filemap_using_subcommand top" -l no-mouse -d 'Leave the mouse to the terminal, for selecting text'
complete -c filemap -n "__fish_filemap_using_subcommand top" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c filemap -n "__fish_filemap_using_subcommand diff" -l most -d 'Show at most so many differences' -r
complete -c filemap -n "__fish_filemap_using_subcommand diff" -l root -d 'Directory of the tree of names, best on a tmpfs; also FILEMAP_ROOT [default: /dev/shm/filemap or the user\'s own]' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand diff" -l session -d 'Session whose directory `Local\\` leads to; also FILEMAP_SESSION [default: the user\'s number, 0 for services]' -r
complete -c filemap -n "__fish_filemap_using_subcommand diff" -l json -d 'One JSON object'
complete -c filemap -n "__fish_filemap_using_subcommand diff" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c filemap -n "__fish_filemap_using_subcommand save" -l offset -d 'First byte' -r
complete -c filemap -n "__fish_filemap_using_subcommand save" -l len -d 'How many bytes; 0 means up to the end' -r
complete -c filemap -n "__fish_filemap_using_subcommand save" -l root -d 'Directory of the tree of names, best on a tmpfs; also FILEMAP_ROOT [default: /dev/shm/filemap or the user\'s own]' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand save" -l session -d 'Session whose directory `Local\\` leads to; also FILEMAP_SESSION [default: the user\'s number, 0 for services]' -r
complete -c filemap -n "__fish_filemap_using_subcommand save" -l force -d 'Replace the file if there is one'
complete -c filemap -n "__fish_filemap_using_subcommand save" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c filemap -n "__fish_filemap_using_subcommand load" -l offset -d 'Where in the object the first byte goes' -r
complete -c filemap -n "__fish_filemap_using_subcommand load" -l root -d 'Directory of the tree of names, best on a tmpfs; also FILEMAP_ROOT [default: /dev/shm/filemap or the user\'s own]' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand load" -l session -d 'Session whose directory `Local\\` leads to; also FILEMAP_SESSION [default: the user\'s number, 0 for services]' -r
complete -c filemap -n "__fish_filemap_using_subcommand load" -l exact -d 'Fail also if the file is shorter than the rest of the object'
complete -c filemap -n "__fish_filemap_using_subcommand load" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c filemap -n "__fish_filemap_using_subcommand sweep" -l root -d 'Directory of the tree of names, best on a tmpfs; also FILEMAP_ROOT [default: /dev/shm/filemap or the user\'s own]' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand sweep" -l session -d 'Session whose directory `Local\\` leads to; also FILEMAP_SESSION [default: the user\'s number, 0 for services]' -r
complete -c filemap -n "__fish_filemap_using_subcommand sweep" -l watch -d 'Go on until a signal, and take away what dies'
complete -c filemap -n "__fish_filemap_using_subcommand sweep" -l json -d 'One JSON object: removed, bytes, live, kept; with --watch, a line with an object for each entry: name, directory, bytes'
complete -c filemap -n "__fish_filemap_using_subcommand sweep" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c filemap -n "__fish_filemap_using_subcommand survey" -l size -d 'Only ranges that have room for this many bytes' -r
complete -c filemap -n "__fish_filemap_using_subcommand survey" -l root -d 'Directory of the tree of names, best on a tmpfs; also FILEMAP_ROOT [default: /dev/shm/filemap or the user\'s own]' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand survey" -l session -d 'Session whose directory `Local\\` leads to; also FILEMAP_SESSION [default: the user\'s number, 0 for services]' -r
complete -c filemap -n "__fish_filemap_using_subcommand survey" -l json -d 'One JSON object: processes, size, suggested, free'
complete -c filemap -n "__fish_filemap_using_subcommand survey" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c filemap -n "__fish_filemap_using_subcommand run" -l leaks-status -d 'Exit status if there are leaks and the program itself succeeded' -r
complete -c filemap -n "__fish_filemap_using_subcommand run" -l root -d 'Directory of the tree of names, best on a tmpfs; also FILEMAP_ROOT [default: /dev/shm/filemap or the user\'s own]' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand run" -l session -d 'Session whose directory `Local\\` leads to; also FILEMAP_SESSION [default: the user\'s number, 0 for services]' -r
complete -c filemap -n "__fish_filemap_using_subcommand run" -l leaks -d 'Tell at the end what was never closed'
complete -c filemap -n "__fish_filemap_using_subcommand run" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c filemap -n "__fish_filemap_using_subcommand why" -l as -d 'Who calls: session=N,user=U,platform=P, each optional' -r
complete -c filemap -n "__fish_filemap_using_subcommand why" -l access -d 'Access that an open asks for: all, read|write, FILE_MAP_READ, 0x6' -r
complete -c filemap -n "__fish_filemap_using_subcommand why" -l protect -d 'Page protection of a created file mapping' -r
complete -c filemap -n "__fish_filemap_using_subcommand why" -l kind -d 'Kind of object that is asked for' -r -f -a "mapping\t''
event\t''
mutex\t''
semaphore\t''
timer\t''
job\t''"
complete -c filemap -n "__fish_filemap_using_subcommand why" -l made-as -d 'Name under which the object was made [default: NAME without prefix]' -r
complete -c filemap -n "__fish_filemap_using_subcommand why" -l made-by -d 'Who made it' -r
complete -c filemap -n "__fish_filemap_using_subcommand why" -l sddl -d 'Security that its creator gave' -r
complete -c filemap -n "__fish_filemap_using_subcommand why" -l root -d 'Directory of the tree of names, best on a tmpfs; also FILEMAP_ROOT [default: /dev/shm/filemap or the user\'s own]' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand why" -l session -d 'Session whose directory `Local\\` leads to; also FILEMAP_SESSION [default: the user\'s number, 0 for services]' -r
complete -c filemap -n "__fish_filemap_using_subcommand why" -l create -d 'Replay a Create* instead of an Open*'
complete -c filemap -n "__fish_filemap_using_subcommand why" -l live -d 'Ask the objects of this machine'
complete -c filemap -n "__fish_filemap_using_subcommand why" -l nothing -d 'Nobody has made any object'
complete -c filemap -n "__fish_filemap_using_subcommand why" -l json -d 'One JSON object'
complete -c filemap -n "__fish_filemap_using_subcommand why" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c filemap -n "__fish_filemap_using_subcommand can" -l in-session -d 'The user\'s session [default: his own]' -r
complete -c filemap -n "__fish_filemap_using_subcommand can" -l root -d 'Directory of the tree of names, best on a tmpfs; also FILEMAP_ROOT [default: /dev/shm/filemap or the user\'s own]' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand can" -l session -d 'Session whose directory `Local\\` leads to; also FILEMAP_SESSION [default: the user\'s number, 0 for services]' -r
complete -c filemap -n "__fish_filemap_using_subcommand can" -l json -d 'One JSON object'
complete -c filemap -n "__fish_filemap_using_subcommand can" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c filemap -n "__fish_filemap_using_subcommand doctor" -l access -d 'Access that the program asks for, as it writes it' -r
complete -c filemap -n "__fish_filemap_using_subcommand doctor" -l root -d 'Directory of the tree of names, best on a tmpfs; also FILEMAP_ROOT [default: /dev/shm/filemap or the user\'s own]' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand doctor" -l session -d 'Session whose directory `Local\\` leads to; also FILEMAP_SESSION [default: the user\'s number, 0 for services]' -r
complete -c filemap -n "__fish_filemap_using_subcommand doctor" -s v -l verbose -d 'What is fine about the machine, too'
complete -c filemap -n "__fish_filemap_using_subcommand doctor" -l json -d 'One JSON object: findings, environment, what is held by one process alone, and the answer about NAME'
complete -c filemap -n "__fish_filemap_using_subcommand doctor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c filemap -n "__fish_filemap_using_subcommand setup" -l prefix -d 'Work in an image of a system below this directory' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand setup" -l root -d 'Directory of the tree of names, best on a tmpfs; also FILEMAP_ROOT [default: /dev/shm/filemap or the user\'s own]' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand setup" -l session -d 'Session whose directory `Local\\` leads to; also FILEMAP_SESSION [default: the user\'s number, 0 for services]' -r
complete -c filemap -n "__fish_filemap_using_subcommand setup" -l dry-run -d 'Say what would be done, and do nothing'
complete -c filemap -n "__fish_filemap_using_subcommand setup" -l undo -d 'Take it all away again; refused while somebody holds an object in the tree'
complete -c filemap -n "__fish_filemap_using_subcommand setup" -l json -d 'One JSON object with the steps'
complete -c filemap -n "__fish_filemap_using_subcommand setup" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c filemap -n "__fish_filemap_using_subcommand cc" -l root -d 'Directory of the tree of names, best on a tmpfs; also FILEMAP_ROOT [default: /dev/shm/filemap or the user\'s own]' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand cc" -l session -d 'Session whose directory `Local\\` leads to; also FILEMAP_SESSION [default: the user\'s number, 0 for services]' -r
complete -c filemap -n "__fish_filemap_using_subcommand cc" -l unicode -d 'Text of the programs\' TCHAR is 16 bits wide: defines UNICODE and _UNICODE'
complete -c filemap -n "__fish_filemap_using_subcommand cc" -l cxx -d 'Use the C++ compiler; it is used for .cpp, .cc, .cxx and .C files anyway'
complete -c filemap -n "__fish_filemap_using_subcommand cc" -l print -d 'Print the compiler\'s command line instead of running it'
complete -c filemap -n "__fish_filemap_using_subcommand cc" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c filemap -n "__fish_filemap_using_subcommand documentation" -l root -d 'Directory of the tree of names, best on a tmpfs; also FILEMAP_ROOT [default: /dev/shm/filemap or the user\'s own]' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand documentation" -l session -d 'Session whose directory `Local\\` leads to; also FILEMAP_SESSION [default: the user\'s number, 0 for services]' -r
complete -c filemap -n "__fish_filemap_using_subcommand documentation" -s h -l help -d 'Print help'
complete -c filemap -n "__fish_filemap_using_subcommand bridge" -l prefix -d 'The Wine prefix; also WINEPREFIX [default: ~/.wine]' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand bridge" -l map -d 'A file mapping to share, such as Local\\acpmf_physics; may be given several times' -r
complete -c filemap -n "__fish_filemap_using_subcommand bridge" -l size -d 'Size in bytes of file mappings that exist on neither side' -r
complete -c filemap -n "__fish_filemap_using_subcommand bridge" -l event -d 'An event to share; with `:manual` behind it, it is made with manual reset if it exists on neither side' -r
complete -c filemap -n "__fish_filemap_using_subcommand bridge" -l mutex -d 'A mutex to share' -r
complete -c filemap -n "__fish_filemap_using_subcommand bridge" -l profile -d 'Names of well-known programs (--list-profiles), or a TOML file' -r
complete -c filemap -n "__fish_filemap_using_subcommand bridge" -l wine -d 'Wine\'s program [default: wine64 or wine in PATH, or where Debian puts it]' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand bridge" -l helper -d 'filemap-bridge-helper.exe; also FILEMAP_BRIDGE_HELPER [default: beside this command, or in ../lib/filemap]' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand bridge" -l for -d 'Keep it so long, such as 5s, 2min, 1h30m' -r
complete -c filemap -n "__fish_filemap_using_subcommand bridge" -l ready-fd -d 'Write one line to this descriptor once everything is shared, and close it' -r
complete -c filemap -n "__fish_filemap_using_subcommand bridge" -l root -d 'Directory of the tree of names, best on a tmpfs; also FILEMAP_ROOT [default: /dev/shm/filemap or the user\'s own]' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand bridge" -l session -d 'Session whose directory `Local\\` leads to; also FILEMAP_SESSION [default: the user\'s number, 0 for services]' -r
complete -c filemap -n "__fish_filemap_using_subcommand bridge" -l scan -d 'Show the sections of running Wine processes, and end'
complete -c filemap -n "__fish_filemap_using_subcommand bridge" -l list-profiles -d 'Show the profiles that come with this command, and end'
complete -c filemap -n "__fish_filemap_using_subcommand bridge" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c filemap -n "__fish_filemap_using_subcommand demo-part" -l root -d 'Directory of the tree of names, best on a tmpfs; also FILEMAP_ROOT [default: /dev/shm/filemap or the user\'s own]' -r -F
complete -c filemap -n "__fish_filemap_using_subcommand demo-part" -l session -d 'Session whose directory `Local\\` leads to; also FILEMAP_SESSION [default: the user\'s number, 0 for services]' -r
complete -c filemap -n "__fish_filemap_using_subcommand demo-part" -s h -l help -d 'Print help'
complete -c filemap -n "__fish_filemap_using_subcommand help; and not __fish_seen_subcommand_from demo serve client create hold read write event mutex semaphore timer wait hexdump watch lab explain ls tree stat who handles views top diff save load sweep survey run why can doctor setup cc documentation bridge demo-part help" -f -a "demo" -d 'Shows what named shared memory is: a server and a client as processes of their own, a file, a killed server, a producer and a consumer at full speed'
complete -c filemap -n "__fish_filemap_using_subcommand help; and not __fish_seen_subcommand_from demo serve client create hold read write event mutex semaphore timer wait hexdump watch lab explain ls tree stat who handles views top diff save load sweep survey run why can doctor setup cc documentation bridge demo-part help" -f -a "serve" -d 'Creates an object and writes a message into it: the server of Microsoft\'s two-terminal sample'
complete -c filemap -n "__fish_filemap_using_subcommand help; and not __fish_seen_subcommand_from demo serve client create hold read write event mutex semaphore timer wait hexdump watch lab explain ls tree stat who handles views top diff save load sweep survey run why can doctor setup cc documentation bridge demo-part help" -f -a "client" -d 'Opens an object and shows the message in it: the client of Microsoft\'s two-terminal sample'
complete -c filemap -n "__fish_filemap_using_subcommand help; and not __fish_seen_subcommand_from demo serve client create hold read write event mutex semaphore timer wait hexdump watch lab explain ls tree stat who handles views top diff save load sweep survey run why can doctor setup cc documentation bridge demo-part help" -f -a "create" -d 'Creates an object, or opens it if it exists, fills it, and keeps it'
complete -c filemap -n "__fish_filemap_using_subcommand help; and not __fish_seen_subcommand_from demo serve client create hold read write event mutex semaphore timer wait hexdump watch lab explain ls tree stat who handles views top diff save load sweep survey run why can doctor setup cc documentation bridge demo-part help" -f -a "hold" -d 'Opens an object that exists, and keeps it'
complete -c filemap -n "__fish_filemap_using_subcommand help; and not __fish_seen_subcommand_from demo serve client create hold read write event mutex semaphore timer wait hexdump watch lab explain ls tree stat who handles views top diff save load sweep survey run why can doctor setup cc documentation bridge demo-part help" -f -a "read" -d 'Copies bytes of an object to standard output'
complete -c filemap -n "__fish_filemap_using_subcommand help; and not __fish_seen_subcommand_from demo serve client create hold read write event mutex semaphore timer wait hexdump watch lab explain ls tree stat who handles views top diff save load sweep survey run why can doctor setup cc documentation bridge demo-part help" -f -a "write" -d 'Copies text, a file or standard input into an object'
complete -c filemap -n "__fish_filemap_using_subcommand help; and not __fish_seen_subcommand_from demo serve client create hold read write event mutex semaphore timer wait hexdump watch lab explain ls tree stat who handles views top diff save load sweep survey run why can doctor setup cc documentation bridge demo-part help" -f -a "event" -d 'Events: something has happened; create, set, reset, pulse, wait, state'
complete -c filemap -n "__fish_filemap_using_subcommand help; and not __fish_seen_subcommand_from demo serve client create hold read write event mutex semaphore timer wait hexdump watch lab explain ls tree stat who handles views top diff save load sweep survey run why can doctor setup cc documentation bridge demo-part help" -f -a "mutex" -d 'Mutexes: one owner at a time; run a command while owning one, create, wait, state'
complete -c filemap -n "__fish_filemap_using_subcommand help; and not __fish_seen_subcommand_from demo serve client create hold read write event mutex semaphore timer wait hexdump watch lab explain ls tree stat who handles views top diff save load sweep survey run why can doctor setup cc documentation bridge demo-part help" -f -a "semaphore" -d 'Semaphores: a count that waits take from and releases add to; create, release, wait, state'
complete -c filemap -n "__fish_filemap_using_subcommand help; and not __fish_seen_subcommand_from demo serve client create hold read write event mutex semaphore timer wait hexdump watch lab explain ls tree stat who handles views top diff save load sweep survey run why can doctor setup cc documentation bridge demo-part help" -f -a "timer" -d 'Waitable timers: due once or again and again; create, set, cancel, wait, state'
complete -c filemap -n "__fish_filemap_using_subcommand help; and not __fish_seen_subcommand_from demo serve client create hold read write event mutex semaphore timer wait hexdump watch lab explain ls tree stat who handles views top diff save load sweep survey run why can doctor setup cc documentation bridge demo-part help" -f -a "wait" -d 'Waits for one, any or all of several objects and processes'
complete -c filemap -n "__fish_filemap_using_subcommand help; and not __fish_seen_subcommand_from demo serve client create hold read write event mutex semaphore timer wait hexdump watch lab explain ls tree stat who handles views top diff save load sweep survey run why can doctor setup cc documentation bridge demo-part help" -f -a "hexdump" -d 'Shows the bytes of an object as hexdump -C does, once or as they change'
complete -c filemap -n "__fish_filemap_using_subcommand help; and not __fish_seen_subcommand_from demo serve client create hold read write event mutex semaphore timer wait hexdump watch lab explain ls tree stat who handles views top diff save load sweep survey run why can doctor setup cc documentation bridge demo-part help" -f -a "watch" -d 'Shows the values in an object as they change: bytes, numbers, text, or the fields of a layout'
complete -c filemap -n "__fish_filemap_using_subcommand help; and not __fish_seen_subcommand_from demo serve client create hold read write event mutex semaphore timer wait hexdump watch lab explain ls tree stat who handles views top diff save load sweep survey run why can doctor setup cc documentation bridge demo-part help" -f -a "lab" -d 'Measures every rule of every Windows with real processes, and compares with the table that this library goes by'
complete -c filemap -n "__fish_filemap_using_subcommand help; and not __fish_seen_subcommand_from demo serve client create hold read write event mutex semaphore timer wait hexdump watch lab explain ls tree stat who handles views top diff save load sweep survey run why can doctor setup cc documentation bridge demo-part help" -f -a "explain" -d 'Says what an error number means: every cause, the likeliest first, each with what to do'
complete -c filemap -n "__fish_filemap_using_subcommand help; and not __fish_seen_subcommand_from demo serve client create hold read write event mutex semaphore timer wait hexdump watch lab explain ls tree stat who handles views top diff save load sweep survey run why can doctor setup cc documentation bridge demo-part help" -f -a "ls" -d 'Lists the objects that somebody holds: name, kind, size, protection, holders'
complete -c filemap -n "__fish_filemap_using_subcommand help; and not __fish_seen_subcommand_from demo serve client create hold read write event mutex semaphore timer wait hexdump watch lab explain ls tree stat who handles views top diff save load sweep survey run why can doctor setup cc documentation bridge demo-part help" -f -a "tree" -d 'Shows the tree of directories, links and objects, as WinObj does'
complete -c filemap -n "__fish_filemap_using_subcommand help; and not __fish_seen_subcommand_from demo serve client create hold read write event mutex semaphore timer wait hexdump watch lab explain ls tree stat who handles views top diff save load sweep survey run why can doctor setup cc documentation bridge demo-part help" -f -a "stat" -d 'Says everything about one object: size, protection, creator, security, state, memory, handles, views'
complete -c filemap -n "__fish_filemap_using_subcommand help; and not __fish_seen_subcommand_from demo serve client create hold read write event mutex semaphore timer wait hexdump watch lab explain ls tree stat who handles views top diff save load sweep survey run why can doctor setup cc documentation bridge demo-part help" -f -a "who" -d 'Says which processes hold an object: handles with their access, views with their addresses'
complete -c filemap -n "__fish_filemap_using_subcommand help; and not __fish_seen_subcommand_from demo serve client create hold read write event mutex semaphore timer wait hexdump watch lab explain ls tree stat who handles views top diff save load sweep survey run why can doctor setup cc documentation bridge demo-part help" -f -a "handles" -d 'Lists handles of processes, as handle.exe does: process, object, granted access'
complete -c filemap -n "__fish_filemap_using_subcommand help; and not __fish_seen_subcommand_from demo serve client create hold read write event mutex semaphore timer wait hexdump watch lab explain ls tree stat who handles views top diff save load sweep survey run why can doctor setup cc documentation bridge demo-part help" -f -a "views" -d 'Lists views of processes, as VMMap does: process, object, address, length, offset, protection, private bytes'
complete -c filemap -n "__fish_filemap_using_subcommand help; and not __fish_seen_subcommand_from demo serve client create hold read write event mutex semaphore timer wait hexdump watch lab explain ls tree stat who handles views top diff save load sweep survey run why can doctor setup cc documentation bridge demo-part help" -f -a "top" -d 'Browses objects, their holders, views and bytes, live, as Process Explorer and WinObj do'
complete -c filemap -n "__fish_filemap_using_subcommand help; and not __fish_seen_subcommand_from demo serve client create hold read write event mutex semaphore timer wait hexdump watch lab explain ls tree stat who handles views top diff save load sweep survey run why can doctor setup cc documentation bridge demo-part help" -f -a "diff" -d 'Says where the bytes of an object and of a file differ'
complete -c filemap -n "__fish_filemap_using_subcommand help; and not __fish_seen_subcommand_from demo serve client create hold read write event mutex semaphore timer wait hexdump watch lab explain ls tree stat who handles views top diff save load sweep survey run why can doctor setup cc documentation bridge demo-part help" -f -a "save" -d 'Copies the bytes of an object into a file, whole or not at all'
complete -c filemap -n "__fish_filemap_using_subcommand help; and not __fish_seen_subcommand_from demo serve client create hold read write event mutex semaphore timer wait hexdump watch lab explain ls tree stat who handles views top diff save load sweep survey run why can doctor setup cc documentation bridge demo-part help" -f -a "load" -d 'Copies the bytes of a file into an object that exists'
complete -c filemap -n "__fish_filemap_using_subcommand help; and not __fish_seen_subcommand_from demo serve client create hold read write event mutex semaphore timer wait hexdump watch lab explain ls tree stat who handles views top diff save load sweep survey run why can doctor setup cc documentation bridge demo-part help" -f -a "sweep" -d 'Takes away what killed processes have left, and says how much memory that freed'
complete -c filemap -n "__fish_filemap_using_subcommand help; and not __fish_seen_subcommand_from demo serve client create hold read write event mutex semaphore timer wait hexdump watch lab explain ls tree stat who handles views top diff save load sweep survey run why can doctor setup cc documentation bridge demo-part help" -f -a "survey" -d 'Shows the address ranges that are free in all of these processes, and where an object would fit'
complete -c filemap -n "__fish_filemap_using_subcommand help; and not __fish_seen_subcommand_from demo serve client create hold read write event mutex semaphore timer wait hexdump watch lab explain ls tree stat who handles views top diff save load sweep survey run why can doctor setup cc documentation bridge demo-part help" -f -a "run" -d 'Runs a program in this name space, and says which handles and views it never closed'
complete -c filemap -n "__fish_filemap_using_subcommand help; and not __fish_seen_subcommand_from demo serve client create hold read write event mutex semaphore timer wait hexdump watch lab explain ls tree stat who handles views top diff save load sweep survey run why can doctor setup cc documentation bridge demo-part help" -f -a "why" -d 'Replays a call for a name as somebody else: where it looks, what it finds, what is granted and why'
complete -c filemap -n "__fish_filemap_using_subcommand help; and not __fish_seen_subcommand_from demo serve client create hold read write event mutex semaphore timer wait hexdump watch lab explain ls tree stat who handles views top diff save load sweep survey run why can doctor setup cc documentation bridge demo-part help" -f -a "can" -d 'Says whether a user may have this access to an object: by its descriptor, and by the kernel'
complete -c filemap -n "__fish_filemap_using_subcommand help; and not __fish_seen_subcommand_from demo serve client create hold read write event mutex semaphore timer wait hexdump watch lab explain ls tree stat who handles views top diff save load sweep survey run why can doctor setup cc documentation bridge demo-part help" -f -a "doctor" -d 'Looks for what goes wrong with named objects on this machine, and says what to do about each'
complete -c filemap -n "__fish_filemap_using_subcommand help; and not __fish_seen_subcommand_from demo serve client create hold read write event mutex semaphore timer wait hexdump watch lab explain ls tree stat who handles views top diff save load sweep survey run why can doctor setup cc documentation bridge demo-part help" -f -a "setup" -d 'Makes the tree of names that all users share, now and at each boot, the group that may create Global objects, and the services that reclaim what killed processes leave'
complete -c filemap -n "__fish_filemap_using_subcommand help; and not __fish_seen_subcommand_from demo serve client create hold read write event mutex semaphore timer wait hexdump watch lab explain ls tree stat who handles views top diff save load sweep survey run why can doctor setup cc documentation bridge demo-part help" -f -a "cc" -d 'Compiles and links C and C++ programs that are written for Windows, from unchanged source'
complete -c filemap -n "__fish_filemap_using_subcommand help; and not __fish_seen_subcommand_from demo serve client create hold read write event mutex semaphore timer wait hexdump watch lab explain ls tree stat who handles views top diff save load sweep survey run why can doctor setup cc documentation bridge demo-part help" -f -a "documentation" -d 'Writes the manual pages and the completions for shells'
complete -c filemap -n "__fish_filemap_using_subcommand help; and not __fish_seen_subcommand_from demo serve client create hold read write event mutex semaphore timer wait hexdump watch lab explain ls tree stat who handles views top diff save load sweep survey run why can doctor setup cc documentation bridge demo-part help" -f -a "bridge" -d 'Makes named objects appear in a Wine prefix and on Linux alike, without copying'
complete -c filemap -n "__fish_filemap_using_subcommand help; and not __fish_seen_subcommand_from demo serve client create hold read write event mutex semaphore timer wait hexdump watch lab explain ls tree stat who handles views top diff save load sweep survey run why can doctor setup cc documentation bridge demo-part help" -f -a "demo-part"
complete -c filemap -n "__fish_filemap_using_subcommand help; and not __fish_seen_subcommand_from demo serve client create hold read write event mutex semaphore timer wait hexdump watch lab explain ls tree stat who handles views top diff save load sweep survey run why can doctor setup cc documentation bridge demo-part help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c filemap -n "__fish_filemap_using_subcommand help; and __fish_seen_subcommand_from event" -f -a "create" -d 'Creates an event, or opens it if it exists, and keeps it'
complete -c filemap -n "__fish_filemap_using_subcommand help; and __fish_seen_subcommand_from event" -f -a "set" -d 'Sets it: lets one waiter go on, or, if it is manual, all; it stays set until somebody waits or, if manual, resets it'
complete -c filemap -n "__fish_filemap_using_subcommand help; and __fish_seen_subcommand_from event" -f -a "reset" -d 'Resets it'
complete -c filemap -n "__fish_filemap_using_subcommand help; and __fish_seen_subcommand_from event" -f -a "pulse" -d 'Lets those go on who wait just now, and leaves it reset; who is about to wait may miss it'
complete -c filemap -n "__fish_filemap_using_subcommand help; and __fish_seen_subcommand_from event" -f -a "wait" -d 'Waits until it is set; an auto-reset event is reset by that'
complete -c filemap -n "__fish_filemap_using_subcommand help; and __fish_seen_subcommand_from event" -f -a "state" -d 'Prints `set` or `reset`; changes nothing'
complete -c filemap -n "__fish_filemap_using_subcommand help; and __fish_seen_subcommand_from mutex" -f -a "run" -d 'Waits until it owns the mutex, runs a command, and releases it; the exit status is that of the command'
complete -c filemap -n "__fish_filemap_using_subcommand help; and __fish_seen_subcommand_from mutex" -f -a "create" -d 'Creates a mutex, or opens it if it exists, and keeps it'
complete -c filemap -n "__fish_filemap_using_subcommand help; and __fish_seen_subcommand_from mutex" -f -a "wait" -d 'Waits until it is free, and leaves it free; to own it, use `run`'
complete -c filemap -n "__fish_filemap_using_subcommand help; and __fish_seen_subcommand_from mutex" -f -a "state" -d 'Prints `free`, `abandoned`, or `owned` and the number of the thread that owns it; changes nothing'
complete -c filemap -n "__fish_filemap_using_subcommand help; and __fish_seen_subcommand_from semaphore" -f -a "create" -d 'Creates a semaphore, or opens it if it exists, and keeps it'
complete -c filemap -n "__fish_filemap_using_subcommand help; and __fish_seen_subcommand_from semaphore" -f -a "release" -d 'Adds to the count; fails (298) and adds nothing if that is above the maximum'
complete -c filemap -n "__fish_filemap_using_subcommand help; and __fish_seen_subcommand_from semaphore" -f -a "wait" -d 'Waits until the count is above 0, and takes one; nobody gives it back but `release`'
complete -c filemap -n "__fish_filemap_using_subcommand help; and __fish_seen_subcommand_from semaphore" -f -a "state" -d 'Prints the count; changes nothing'
complete -c filemap -n "__fish_filemap_using_subcommand help; and __fish_seen_subcommand_from timer" -f -a "create" -d 'Creates a timer, inactive, or opens it if it exists, and keeps it'
complete -c filemap -n "__fish_filemap_using_subcommand help; and __fish_seen_subcommand_from timer" -f -a "set" -d 'Sets it; it is not signalled until it is due'
complete -c filemap -n "__fish_filemap_using_subcommand help; and __fish_seen_subcommand_from timer" -f -a "cancel" -d 'Makes it inactive; whether it is signalled stays'
complete -c filemap -n "__fish_filemap_using_subcommand help; and __fish_seen_subcommand_from timer" -f -a "wait" -d 'Waits until it is due; an auto-reset timer is reset by that'
complete -c filemap -n "__fish_filemap_using_subcommand help; and __fish_seen_subcommand_from timer" -f -a "state" -d 'Prints `signalled`, `armed` (due later) or `inactive`; changes nothing'
complete -c filemap -n "__fish_filemap_using_subcommand help; and __fish_seen_subcommand_from lab" -f -a "maartensmap" -d 'Replays a service and a user who look for `MaartensMap`: error 2, then error 5, on every Windows'
