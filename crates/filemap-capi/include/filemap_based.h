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

/* Layouts. Two programs that were compiled from different definitions must not believe each other: the object carries a number
 * made from names, types, order and offsets of the fields, as `#[derive(Shared)]` makes it in Rust. For
 *
 *   struct node { uint64_t value; FM_REL(struct node) next; };        #[repr(C)] struct Node { value: u64, next: Rel<Node> }
 *
 * it is
 *
 *   uint64_t layout = FM_LAYOUT(struct node, "Node", 0);
 *   layout = FM_LAYOUT_FIELD(layout, struct node, value, fm_layout_of("u64", 8));
 *   layout = FM_LAYOUT_FIELD(layout, struct node, next, fm_layout_of_rel(fm_layout_named("Node")));
 */
static inline uint64_t fm_layout_byte_(uint64_t layout, uint8_t byte)
{
    return (layout ^ byte) * UINT64_C(0x100000001b3);
}

static inline uint64_t fm_layout_text(uint64_t layout, const char *text)
{
    for (; *text != 0; text++)
        layout = fm_layout_byte_(layout, (uint8_t)*text);
    return fm_layout_byte_(layout, 0);
}

static inline uint64_t fm_layout_number(uint64_t layout, uint64_t n)
{
    int i;
    for (i = 0; i < 8; i++)
        layout = fm_layout_byte_(layout, (uint8_t)(n >> (8 * i)));
    return layout;
}

static inline uint64_t fm_layout_new(const char *name)
{
    return fm_layout_text(UINT64_C(0xcbf29ce484222325), name);
}

static inline uint64_t fm_layout_finish(uint64_t layout)
{
    return layout == 0 ? 1 : layout;
}

/* A plain number by its name in Rust ("u8" ... "u64", "i8" ... "i64", "f32", "f64") and its size in bytes. */
static inline uint64_t fm_layout_of(const char *name, uint64_t size)
{
    return fm_layout_finish(fm_layout_number(fm_layout_new(name), size));
}

/* An array of `count` elements of this layout. */
static inline uint64_t fm_layout_of_array(uint64_t element, uint64_t count)
{
    return fm_layout_finish(fm_layout_number(fm_layout_number(fm_layout_new("array"), element), count));
}

/* What a structure counts in the layout of a pointer to it: its name only. What plain numbers count is fm_layout_of. */
static inline uint64_t fm_layout_named(const char *name)
{
    return fm_layout_finish(fm_layout_new(name));
}

/* Rel<T>, by what T counts. */
static inline uint64_t fm_layout_of_rel(uint64_t target)
{
    return fm_layout_finish(fm_layout_number(fm_layout_new("Rel"), target));
}

/* RelSlice<T>, by what T counts; and RelStr. */
static inline uint64_t fm_layout_of_rel_slice(uint64_t target)
{
    return fm_layout_finish(fm_layout_number(fm_layout_new("RelSlice"), target));
}

static inline uint64_t fm_layout_of_rel_str(void)
{
    return fm_layout_finish(fm_layout_new("RelStr"));
}

static inline uint64_t fm_layout_field_(uint64_t layout, const char *name, uint64_t of, uint64_t offset)
{
    return fm_layout_number(fm_layout_number(fm_layout_text(layout, name), of), offset);
}

/* Begins the layout of a structure: its name in Rust and its `#[shared(version = N)]`, 0 without. */
#define FM_LAYOUT(T, name, version) \
    fm_layout_number(fm_layout_number(fm_layout_number(fm_layout_new(name), (version)), sizeof(T)), FM_ALIGNOF(T))
/* Adds a field, in order. */
#define FM_LAYOUT_FIELD(layout, T, field, of) fm_layout_field_((layout), #field, (of), offsetof(T, field))

/* The head of a shared object, 256 bytes; what it holds begins behind. */
typedef struct {
    char magic[8];          /* "FMSHARE1" */
    uint64_t state;         /* 1 << 63: finished */
    uint64_t members, bell, lock, lock_bell;
    uint64_t layout;
    uint64_t numbers[4];
    uint64_t name_len;
    char name[160];         /* what it is, in words */
} fm_head;

/* The value of a SharedBox<T> of this (finished) layout, and 0 in *error; or NULL with 1392 (it is no shared object), 170 (its
 * creator has not finished it) or 1306 (it holds something else: `name` in its head says what). */
static inline void *fm_box(fm_view view, uint64_t layout, size_t size, size_t align, uint32_t *error)
{
    static const char magic[8] = { 'F', 'M', 'S', 'H', 'A', 'R', 'E', '1' };
    const fm_head *head = (const fm_head *)view.base;
    int same = 1, i;
    uint64_t state;
    if (view.len < sizeof *head) {
        *error = 1392;
        return NULL;
    }
    state = __atomic_load_n(&head->state, __ATOMIC_SEQ_CST);
    if (state != UINT64_C(1) << 63) {
        *error = 170;
        return NULL;
    }
    for (i = 0; i < 8; i++)
        same &= ((const volatile char *)head->magic)[i] == magic[i];
    if (!same || size > view.len - sizeof *head || sizeof *head % align != 0) {
        *error = 1392;
        return NULL;
    }
    if (*(const volatile uint64_t *)&head->layout
        != fm_layout_finish(fm_layout_number(fm_layout_new("box"), fm_layout_finish(layout)))) {
        *error = 1306;
        return NULL;
    }
    *error = 0;
    return (char *)view.base + sizeof *head;
}

/* FM_BOX(view, T, layout, &error): the T in the box. */
#define FM_BOX(view, T, layout, error) ((T *)fm_box((view), (layout), sizeof(T), FM_ALIGNOF(T), (error)))

#ifdef __cplusplus
}
#endif

#endif
