// Fuzzes what lies between hiredis and Swift, Sources/CHiredis/shim.h, under the address sanitizer and guided by coverage.
//
// The first byte of an input says how the others are cut into pieces. Whatever they are: nothing is touched that should not be, the tape of
// each reply is whole, it does not depend on the pieces, and it takes memory in proportion to what was read.
#include "../../Sources/CHiredis/shim.h"
#include <stdio.h>

static void demand(int holds, const char *what) {
    if (holds) return;
    fprintf(stderr, "ERROR: %s\n", what);
    abort();
}

// Walks over one value; returns where it ends.
static size_t walk(const unsigned char *tape, size_t at, size_t length, int depth) {
    uint64_t header;
    demand(at + 8 <= length, "a value begins behind the end of the tape");
    demand(depth <= PENSTOCK_DEPTH, "values are nested without bound");
    memcpy(&header, tape + at, 8);
    uint64_t size = header >> 8;
    at += 8;
    switch (header & 0xFF) {
    case PENSTOCK_STRING:
    case PENSTOCK_STATUS:
    case PENSTOCK_ERROR:
        demand(size <= length - at, "a string is longer than the tape");
        at += (size + 7) & ~(uint64_t)7;
        demand(at <= length, "a string is longer than the tape");
        break;
    case PENSTOCK_INTEGER:
        at += 8;
        demand(at <= length, "an integer is longer than the tape");
        break;
    case PENSTOCK_ARRAY:
        for (uint64_t index = 0; index < size; index++) at = walk(tape, at, length, depth + 1);
        break;
    case PENSTOCK_NULL: break;
    default: demand(0, "a value has no type");
    }
    return at;
}

// Reads `bytes` in pieces of `piece` bytes. Returns a digest of the replies and of whether it ended in an error.
static uint64_t read_all(const uint8_t *bytes, size_t length, size_t piece) {
    penstock_parser *parser = penstock_parser_create();
    demand(parser != NULL, "out of memory");
    uint64_t digest = 14695981039346656037u;
    int state = 0;
    for (size_t at = 0; at < length && state >= 0; at += piece) {
        size_t count = length - at < piece ? length - at : piece;
        // A copy of its own, so that reading behind it is seen.
        void *copy = malloc(count);
        memcpy(copy, bytes + at, count);
        state = penstock_parser_feed(parser, copy, count);
        free(copy);
        while (state >= 0 && (state = penstock_parser_next(parser)) == 1) {
            demand(walk(parser->tape, 0, parser->length, 0) == parser->length, "a tape is not as long as its reply");
            for (size_t index = 0; index < parser->length; index++) {
                digest = (digest ^ parser->tape[index]) * 1099511628211u;
            }
        }
        demand(parser->capacity <= PENSTOCK_TAPE_INITIAL + 32 * length, "the tape takes more memory than was read");
    }
    if (state < 0) {
        demand(penstock_parser_next(parser) == -1, "an error is not final");
        demand(strlen(penstock_parser_error(parser)) > 0, "an error says nothing");
        digest += 1;
    }
    penstock_parser_free(parser);
    return digest;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    if (length == 0) return 0;
    size_t piece = bytes[0] % 64 + 1;
    uint64_t whole = read_all(bytes + 1, length - 1, length);
    demand(read_all(bytes + 1, length - 1, piece) == whole, "the pieces change the replies");
    return 0;
}
