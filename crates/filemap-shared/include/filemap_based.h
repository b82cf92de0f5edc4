/* Based pointers for C: offsets in a view of shared memory, as `Rel<T>` is in Rust (V-65, V-67).
 *
 * The compiler keyword __based did this on Windows; these macros do it anywhere, and check every use. A pointer in shared memory is
 * an offset in bytes from the start of the view; 0 is null. C and Rust agree on the layout:
 *
 *   Rel<T>      fm_rel      uint64_t            RelSlice<T>, RelStr      fm_rel_slice      two uint64_t: offset, count
 *   Rel32<T>    fm_rel32    uint32_t            RelSlice32, RelStr32     fm_rel_slice32    two uint32_t
 *
 * Other processes write there at any time: copy what you read before you check it, and reach shared words by atomics.
 */
#ifndef FILEMAP_BASED_H
#define FILEMAP_BASED_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define FM_ALIGNOF(T) alignof(T)
extern "C" {
#else
#define FM_ALIGNOF(T) _Alignof(T)
#endif

typedef uint64_t fm_rel;
typedef uint32_t fm_rel32;
typedef struct { uint64_t offset, count; } fm_rel_slice;
typedef struct { uint32_t offset, count; } fm_rel_slice32;

/* A view: what MapViewOfFile returned, and its length in bytes. */
typedef struct { void *base; size_t len; } fm_view;

/* Declares a field that points to a T: documentation that the compiler does not check. */
#define FM_REL(T) fm_rel
#define FM_REL32(T) fm_rel32

/* Where `count` elements of `size` bytes at `offset` are; NULL for null, misaligned, and what leads out of the view. */
static inline void *fm_based_(fm_view view, uint64_t offset, uint64_t count, size_t size, size_t align)
{
    if (offset == 0 || offset % align != 0 || offset > view.len)
        return NULL;
    if (size != 0 && count > (view.len - offset) / size)
        return NULL;
    return (char *)view.base + offset;
}

/* The offset of a pointer into the view; 0 for NULL and for a pointer elsewhere. */
static inline fm_rel fm_to_rel(fm_view view, const void *pointer)
{
    uintptr_t base = (uintptr_t)view.base, at = (uintptr_t)pointer;
    return pointer != NULL && at > base && at - base < view.len ? (fm_rel)(at - base) : 0;
}

/* FM_BASED(view, T, rel): the T that rel leads to in this process, or NULL. */
#define FM_BASED(view, T, rel) ((T *)fm_based_((view), (rel), 1, sizeof(T), FM_ALIGNOF(T)))
/* FM_BASED_SLICE(view, T, slice): the first T of a slice that lies in the view as a whole, or NULL. */
#define FM_BASED_SLICE(view, T, slice) \
    ((T *)fm_based_((view), (slice).offset, (slice).count, sizeof(T), FM_ALIGNOF(T)))

#ifdef __cplusplus
}
#endif

#endif
