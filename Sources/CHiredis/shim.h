// The only door to libhiredis: its reply parser, made to write a flat tape instead of a tree of allocated objects.
//
// The tape of one reply is its values in pre-order. A value is an 8-byte header, `length << 8 | type` (the length of a
// string in bytes, the number of elements of an array), followed by
//   string, status, error   the bytes, padded with zeros to a multiple of 8
//   integer                 a signed 64-bit integer
//   array                   its elements, each a value
//   null                    nothing
// All in the byte order of the machine; the tape starts at an address aligned to 8.
//
// hiredis 0.14 and 1.x differ in `redisReplyObjectFunctions`: 1.0 made the count of `createArray` a size_t and added
// `createDouble` and `createBool`. `read.h` does not define HIREDIS_MAJOR, but 1.0 also brought REDIS_REPLY_DOUBLE.
#ifndef PENSTOCK_CHIREDIS_SHIM_H
#define PENSTOCK_CHIREDIS_SHIM_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <hiredis/read.h>

enum {
    PENSTOCK_STRING = REDIS_REPLY_STRING,
    PENSTOCK_ARRAY = REDIS_REPLY_ARRAY,
    PENSTOCK_INTEGER = REDIS_REPLY_INTEGER,
    PENSTOCK_NULL = REDIS_REPLY_NIL,
    PENSTOCK_STATUS = REDIS_REPLY_STATUS,
    PENSTOCK_ERROR = REDIS_REPLY_ERROR,
};

enum {
    PENSTOCK_TAPE_INITIAL = 16 * 1024,
    PENSTOCK_TAPE_KEPT = 1024 * 1024,   // a tape that grew beyond this is given back before the next reply
    PENSTOCK_READER_KEPT = 1024 * 1024, // hiredis frees an unused buffer beyond this; its own 16 KB means every read
    PENSTOCK_DEPTH = 8,                 // arrays inside each other: what hiredis 0.14 reads; 1.0 to 1.2 have no bound
};

typedef struct penstock_parser {
    redisReader *reader;
    unsigned char *tape;
    size_t length;
    size_t capacity;
    int complete; // the tape holds a whole reply, to be reset before the next
    int too_deep; // why a value was refused
} penstock_parser;

// Makes room for a header and `payload` bytes; NULL when out of memory, which hiredis reports as its own error.
static inline unsigned char *penstock_reserve(penstock_parser *parser, size_t payload) {
    if (payload > SIZE_MAX / 4) return NULL;
    size_t needed = parser->length + 8 + ((payload + 7) & ~(size_t)7);
    if (needed > parser->capacity) {
        size_t capacity = parser->capacity * 2 > needed ? parser->capacity * 2 : needed;
        unsigned char *tape = (unsigned char *)realloc(parser->tape, capacity);
        if (tape == NULL) return NULL;
        parser->tape = tape;
        parser->capacity = capacity;
    }
    unsigned char *value = parser->tape + parser->length;
    parser->length = needed;
    return value;
}

static inline void penstock_put(unsigned char *at, uint64_t word) { memcpy(at, &word, 8); }

// hiredis only asks that an object is not NULL; the object is the parser itself.
static inline void *penstock_on_bytes(const redisReadTask *task, uint64_t type, const char *bytes, size_t length) {
    penstock_parser *parser = (penstock_parser *)task->privdata;
    unsigned char *value = penstock_reserve(parser, length);
    if (value == NULL) return NULL;
    penstock_put(value, (uint64_t)length << 8 | type);
    if (length != 0) {
        penstock_put(value + 8 + ((length - 1) & ~(size_t)7), 0);
        memcpy(value + 8, bytes, length);
    }
    return parser;
}

static inline void *penstock_on_string(const redisReadTask *task, char *bytes, size_t length) {
    uint64_t type = task->type == REDIS_REPLY_ERROR || task->type == REDIS_REPLY_STATUS ? (uint64_t)task->type
                                                                                         : (uint64_t)PENSTOCK_STRING;
    return penstock_on_bytes(task, type, bytes, length);
}

static inline void *penstock_on_count(const redisReadTask *task, uint64_t count) {
    penstock_parser *parser = (penstock_parser *)task->privdata;
    int depth = 1;
    for (const redisReadTask *outer = task->parent; outer != NULL; outer = outer->parent) {
        if (++depth > PENSTOCK_DEPTH) {
            parser->too_deep = 1;
            return NULL;
        }
    }
    unsigned char *value = penstock_reserve(parser, 0);
    if (value == NULL) return NULL;
    penstock_put(value, count << 8 | PENSTOCK_ARRAY);
    return parser;
}

static inline void *penstock_on_integer(const redisReadTask *task, long long integer) {
    penstock_parser *parser = (penstock_parser *)task->privdata;
    unsigned char *value = penstock_reserve(parser, 8);
    if (value == NULL) return NULL;
    penstock_put(value, PENSTOCK_INTEGER);
    penstock_put(value + 8, (uint64_t)integer);
    return parser;
}

static inline void *penstock_on_null(const redisReadTask *task) {
    penstock_parser *parser = (penstock_parser *)task->privdata;
    unsigned char *value = penstock_reserve(parser, 0);
    if (value == NULL) return NULL;
    penstock_put(value, PENSTOCK_NULL);
    return parser;
}

static inline void penstock_on_free(void *object) { (void)object; }

#ifdef REDIS_REPLY_DOUBLE
static inline void *penstock_on_array(const redisReadTask *task, size_t count) { return penstock_on_count(task, count); }
static inline void *penstock_on_double(const redisReadTask *task, double value, char *text, size_t length) {
    (void)value;
    return penstock_on_bytes(task, PENSTOCK_STRING, text, length);
}
static inline void *penstock_on_bool(const redisReadTask *task, int value) { return penstock_on_integer(task, value); }
#else
static inline void *penstock_on_array(const redisReadTask *task, int count) {
    return penstock_on_count(task, (uint64_t)count);
}
#endif

static inline void penstock_parser_free(penstock_parser *parser) {
    if (parser == NULL) return;
    if (parser->reader != NULL) redisReaderFree(parser->reader);
    free(parser->tape);
    free(parser);
}

// A new parser, or NULL when out of memory.
static inline penstock_parser *penstock_parser_create(void) {
    static redisReplyObjectFunctions functions = {
        .createString = penstock_on_string,
        .createArray = penstock_on_array,
        .createInteger = penstock_on_integer,
        .createNil = penstock_on_null,
#ifdef REDIS_REPLY_DOUBLE
        .createDouble = penstock_on_double,
        .createBool = penstock_on_bool,
#endif
        .freeObject = penstock_on_free,
    };
    penstock_parser *parser = (penstock_parser *)calloc(1, sizeof(penstock_parser));
    if (parser == NULL) return NULL;
    parser->tape = (unsigned char *)malloc(PENSTOCK_TAPE_INITIAL);
    parser->capacity = PENSTOCK_TAPE_INITIAL;
    parser->reader = redisReaderCreateWithFunctions(&functions);
    if (parser->tape == NULL || parser->reader == NULL) {
        penstock_parser_free(parser);
        return NULL;
    }
    parser->reader->privdata = parser;
    parser->reader->maxbuf = PENSTOCK_READER_KEPT;
    return parser;
}

// Gives the parser bytes. Returns 0, or -1 after an error, which is final.
static inline int penstock_parser_feed(penstock_parser *parser, const void *bytes, size_t length) {
    return redisReaderFeed(parser->reader, (const char *)bytes, length) == REDIS_OK ? 0 : -1;
}

// Parses on: 1 when the tape holds a reply (valid until the next call), 0 when more bytes are needed, -1 on an error.
static inline int penstock_parser_next(penstock_parser *parser) {
    if (parser->complete) {
        parser->complete = 0;
        parser->length = 0;
        if (parser->capacity > PENSTOCK_TAPE_KEPT) {
            unsigned char *tape = (unsigned char *)realloc(parser->tape, PENSTOCK_TAPE_INITIAL);
            if (tape != NULL) {
                parser->tape = tape;
                parser->capacity = PENSTOCK_TAPE_INITIAL;
            }
        }
    }
    void *reply = NULL;
    if (redisReaderGetReply(parser->reader, &reply) != REDIS_OK) return -1;
    if (reply == NULL) return 0;
    parser->complete = 1;
    return 1;
}

// What is wrong, after an error. Valid until the parser is freed.
static inline const char *penstock_parser_error(const penstock_parser *parser) {
    return parser->too_deep ? "arrays are nested too deep" : parser->reader->errstr;
}

#endif
