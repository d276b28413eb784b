/*
 * The stop and takeover protocol of one request, for spin. docs/model.md says how to read it; scripts/check-model.sh runs it.
 *
 *   here                                         in the code (Sources/)
 *   -----------------------------------------    ------------------------------------------------------------------------
 *   state attempt intent saved                   request:{id}, message:{id}: what the scripts read and write (the text of a long
 *                                                answer stays in its log, and is copied later: readers find the same)
 *   entries[] length                             tokens:{id}; an entry is its id <attempt>-<index> and the number of its token
 *   feed_0 feed_1 feed_on _deaf _gap              channel tokens:<id> as the subscriber connection of a frontend brings it
 *   on_stop on_bare on_ended listening deaf      channel stop:<id> as the subscriber connection of a worker brings it
 *   job holder lapsed owner                      the entry of jobs:<queue>: unacknowledged, whose it is, whether the lease is over
 *   claim finish release stop ending             Shared/Broker/Scripts/{claim,finish,release,stop,common}.lua: one instant each
 *   proctype Worker                              Worker/JobRunner, GenerationStateMachine, TokenPublisher, TokenBatcher
 *                                                (natural batching), LeaseRenewer, Shared/Broker/StopSubscriber
 *   proctype Frontend, its reader                Shared/Broker/TokenSubscriber, TokenCursorStateMachine
 *     its stop                                   Frontend/Session/ClientSession+Stop, ClientSession+Streams (flush, acknowledge)
 *     watch_bare                                 Frontend/Session/RequestWatch, StopSubscriber
 *   proctype Operator                            redis-cli PUBLISH stop:<id> stop
 *   faults                                       what may still go wrong with workers: crashes, lapses of a lease, drains, lost
 *                                                commands and replies, deaf connections
 *   troubles                                     the same with the frontend and its client: crashes, lost replies, a deaf feed, pauses
 *
 * Every loop spends something finite, so each run comes to rest: what the LTL formulas ask for must have happened by then.
 */

#ifndef FAULTS
#define FAULTS 2
#endif
#ifndef TOKENS
#define TOKENS 2
#endif
#ifndef TROUBLES
#define TROUBLES 1
#endif
#ifndef READERS
#define READERS 1
#endif
#ifndef WORKERS
#define WORKERS 2
#endif
#define PAGE 3                  /* entries to a page of the log; the code's 128 */
#define ROOM (FAULTS + TOKENS + 4)      /* entries of the log */

/* States of a request. */
#define QUEUED 1
#define RUNNING 2
#define COMPLETED 3
#define CANCELLED 4
#define is_open (state <= RUNNING)

/* Ids: <attempt>-<index> in six bits, so that they compare as in Redis. Entries: the id, and above it the token's number. */
#define SEAL 6
#define ENDING 7
#define id_of(a, i) ((a) * 8 + (i))
#define id(e) ((e) & 63)
#define index(e) ((e) & 7)
#define token(e) ((e) >> 6)
#define is_chunk(e) (index(e) > 0 && index(e) < SEAL)

byte faults = FAULTS;
byte troubles = TROUBLES;

/* What Redis holds. */
byte state = QUEUED;
byte attempt;
bool intent;
byte saved;
byte entries[ROOM];
byte length;
bool job = true;
byte holder = WORKERS;
bool lapsed = true;
byte owner = WORKERS;            /* whose attempt is current, if it lives: its renewals keep the job */

/* What is under way to those who listen. */
#if READERS > 0
chan feed_0 = [2] of { byte, byte };
#endif
#if READERS > 1
chan feed_1 = [2] of { byte, byte };
#endif
bool feed_on[READERS + 1], feed_deaf[READERS + 1], feed_gap[READERS + 1];
bool listening[WORKERS], deaf[WORKERS], on_stop[WORKERS], on_bare[WORKERS], on_ended[WORKERS];
bool watch_bare;

/* What the properties speak of. */
bool accepted;                  /* a stop is durable */
bool observed;                  /* a worker obeyed a signal of ours */
bool asked;                     /* the client sent its stop */
bool acknowledged;
bool told[READERS + 1];             /* the viewer has the ending */
bool ended;
byte at_acknowledgement;        /* tokens the client held then */

/* Names for what is asserted, true for ever. */
hidden byte one_ending, accepted_is_cancelled, fenced_writes_nothing, sealed_gets_nothing, observed_is_the_end,
    signal_is_durable, log_is_whole, saved_is_the_log, client_reads_in_order, silence_after_acknowledgement,
    acknowledged_is_saved, client_holds_the_saved, stop_never_queues, heard_is_not_forgotten;
#define CHECK(name, holds) name = (holds); assert(name)

/* Scratch, of no meaning between steps. */
hidden byte i, count, last, k, answer, receipt_id, page_from, pages_done, e, before;

/* ------------------------------------------------------------------------------------------------- Redis */

inline last_id() {
    last = 0;
    if :: length > 0 -> last = id(entries[length - 1]) :: else fi
}

inline publish_to(v, channel, ee, bb) {
    if
    :: feed_on[v] && !feed_deaf[v] ->
        /* A subscriber that does not read is cut off. */
        if :: len(channel) < 2 -> channel ! ee, bb :: else -> feed_deaf[v] = true fi
    :: else
    fi
}

inline publish_entry(ee, bb) {
    skip;
#if READERS > 0
    publish_to(0, feed_0, ee, bb);
#endif
#if READERS > 1
    publish_to(1, feed_1, ee, bb)
#endif
}

#define publish_stop(signal) \
    k = 0; \
    do \
    :: k < WORKERS -> if :: listening[k] && !deaf[k] -> signal[k] = true :: else fi; k++ \
    :: else -> break \
    od

inline count_said() {
    count = 0; i = 0;
    do
    :: i < length -> if :: is_chunk(entries[i]) -> count++ :: else fi; i++
    :: else -> break
    od
}

inline add_entry(ee) { assert(length < ROOM); entries[length] = ee; length++ }

/* write_ending: `known` tokens up to `known_last`, where the worker knows, and what the log has behind. */
inline ending(how, known_last, known) {
    last_id();
    count = 0;
    i = 0;
    saved = (known_last -> known : 0);
    do
    :: i < length ->
        if
        :: is_chunk(entries[i]) ->
            CHECK(log_is_whole, token(entries[i]) == count);
            count++;
            if :: id(entries[i]) > known_last -> saved++ :: else fi
        :: else
        fi;
        CHECK(one_ending, index(entries[i]) != ENDING);
        i++
    :: else -> break
    od;
    CHECK(saved_is_the_log, saved == count);
#ifdef M_FINISH_BLIND
    state = how;
#else
    state = (intent -> CANCELLED : how);
#endif
    ended = true;
    CHECK(accepted_is_cancelled, !accepted || state == CANCELLED);
    CHECK(acknowledged_is_saved, !acknowledged || at_acknowledgement == saved);
    k = id_of((attempt -> attempt : 1), ENDING);
    add_entry(k);
    publish_entry(k, last);
    publish_stop(on_ended);
    k = 0
}

/* The script `stop`; leaves the id of the last entry that a client may be sent in `receipt_id`. */
inline stop() {
    last_id();
    receipt_id = last;
    if
    :: !is_open || intent -> skip
    :: else ->
        intent = true;
        accepted = true;
        if
        :: state == QUEUED -> ending(CANCELLED, 0, 0)
        :: else ->
#ifndef M_NO_SEAL
            add_entry(id_of(attempt, SEAL));
            publish_entry(id_of(attempt, SEAL), last);
#endif
#ifndef M_PUBLISH_FIRST
            publish_stop(on_stop)
#endif
        fi
    fi
}

/* ------------------------------------------------------------------------------------------------ Worker */

/* Where a job is. */
#define IDLE 0
#define CLAIM 2
#define CLAIMED 3       /* the answer to the claim is on its way */
#define SPEAK 4         /* everything said is written */
#define PUBLISH 5       /* mutation: XADD was carried out, PUBLISH was not */
#define ANSWER 6        /* the answer to XADD and PUBLISH is on its way */
#define HANGS 7         /* the generator says nothing more, and does not end */
#define RELEASE 8
#define RELEASED 9
#define FINISH 10
#define FINISHED 11
#define HALF 13         /* mutation: the log was read, the marker is not written */

#define WRITTEN 1
#define REFUSED 2
#define LOST 3
#define OURS 4
#define ENDED 5
#define STOPPED 6
#define HELD 7

/* What is open: a chunk whose id the log refuses is published nevertheless. REPAIRED, only what was written is. */
#ifdef REPAIRED
#define tells_refused false
#else
#define tells_refused true
#endif

/* A worker records the bare publish that it heard before it releases, and says it in the ending. */
#ifdef M_RELEASE_UNRECORDED
#define recorded (bare != 1)
#else
#define recorded (bare == 0)
#endif
#ifdef M_ENDING_UNTOLD
#define cannot_tell true
#else
#define cannot_tell (bare == 0)
#endif

#define works (at != IDLE)
#define speaks (at >= SPEAK && at <= HANGS)
#define listens (listening[me] && !deaf[me])
#define spend(x) faults > 0 -> faults--; x
#define suffer(x) troubles > 0 -> troubles--; x

inline leave() {
    if :: owner == me -> owner = WORKERS :: else fi;
    if
    :: holder == me && owner == WORKERS -> lapsed = true
    :: holder == me && owner != WORKERS -> holder = owner
    :: else
    fi;
    listening[me] = false; deaf[me] = false; on_stop[me] = false; on_bare[me] = false; on_ended[me] = false;
    at = IDLE; mine = 0; said = 0; number = 0; heard = false; reread = false; subscribes = false; done = false; result = 0; bare = 0
}

inline quiet() { listening[me] = false; deaf[me] = false; on_stop[me] = false; on_bare[me] = false; on_ended[me] = false; reread = false }

inline open_attempt() {
    attempt++; mine = attempt; owner = me; state = RUNNING;
    last_id();
    add_entry(id_of(attempt, 0)); publish_entry(id_of(attempt, 0), last);
    result = OURS; at = CLAIMED
}

inline written() { said++; number++; result = 0; at = SPEAK }

inline look_up_refusal() {
    /* RedisBroker.refusal(of:) */
    i = 0; answer = 0;
    do
    :: i < length -> if :: id(entries[i]) == id_of(mine, number + 1) -> answer = WRITTEN :: else fi; i++
    :: else -> break
    od;
    if
    :: answer == WRITTEN -> written()
    :: answer != WRITTEN && state == RUNNING && attempt == mine && intent -> heard = true; result = 0; at = SPEAK
    :: else -> leave()
    fi
}

/* `said` tokens of the answer are known to be in the log, up to <mine>-<number>. */
proctype Worker(byte me) {
    byte at, mine, said, number, result;
    byte bare;                  /* an operator's stop was heard: 1 its recording is on its way, 2 it was lost and is to be repeated */
    bool heard, done, reread;
    bool subscribes;            /* SUBSCRIBE is on its way, sent at the same time as the claim */

end:
    do
    /* The job: new, or given back, or left by a worker that is gone; or of one that only seems to be gone. */
    
    :: atomic { at == IDLE && job && lapsed && (me == 0 || holder != WORKERS) -> lapsed = false; holder = me; subscribes = true; at = CLAIM }
    :: atomic { at == IDLE && job && !lapsed && holder != me && spend(holder = me); subscribes = true; at = CLAIM }

    :: d_step { subscribes -> subscribes = false; listening[me] = true }

    :: d_step { at == CLAIM ->
        if
        :: !is_open -> result = ENDED; at = CLAIMED
#ifndef M_CLAIM_BLIND
        :: is_open && intent -> ending(CANCELLED, 0, 0); result = ENDED; at = CLAIMED
#endif
        :: else ->
#ifdef M_MARKER_LAST
            count_said(); said = count; at = HALF
#else
            open_attempt()
#endif
        fi }
#ifdef M_MARKER_LAST
    :: d_step { at == HALF -> if :: !is_open || intent -> leave() :: else -> open_attempt() fi }
#endif

    :: atomic { at == CLAIMED && spend(at = CLAIM); result = 0 }
    :: d_step { at == CLAIMED && (!subscribes || result == ENDED) ->
        if
        :: result == ENDED -> job = false; leave()
        :: else ->
            result = 0; number = 0;
#ifndef M_MARKER_LAST
            count_said(); said = count;     /* the log is read behind the marker */
#endif
            if
            :: heard -> at = FINISH; quiet()
            :: else -> at = SPEAK;
#ifndef M_LATE_SUBSCRIBE
                reread = true           /* what was recorded before the subscription */
#endif
            fi
        fi }

    /* The generator. */
    :: d_step { at == SPEAK && !heard && said < TOKENS ->
        last_id();
#ifdef M_NO_FENCE
        last = 0;
#endif
        if
        :: id_of(mine, number + 1) > last ->
            add_entry(id_of(mine, number + 1) + (said << 6));
            CHECK(fenced_writes_nothing, state == RUNNING && attempt == mine);
            CHECK(sealed_gets_nothing, !accepted);
            CHECK(observed_is_the_end, !observed);
            result = WRITTEN
        :: else -> result = REFUSED
        fi;
#ifdef M_PAIR
        at = PUBLISH }
#else
        if :: result == WRITTEN || tells_refused -> publish_entry(id_of(mine, number + 1) + (said << 6), 0) :: else fi;
        at = ANSWER }
#endif
#ifdef M_PAIR
    :: d_step { at == PUBLISH -> publish_entry(id_of(mine, number + 1) + (said << 6), 0); at = ANSWER }
    :: atomic { at == PUBLISH && spend(result = LOST); at = ANSWER }
    /* Redis cannot write (it has no memory, or is a replica), and publishes nevertheless. */
    :: atomic { at == SPEAK && !heard && said < TOKENS && spend(result = LOST); at = PUBLISH }
#endif
    /* The transaction is not carried out: the connection breaks, or Redis cannot write. Or its answer is lost. */
    :: atomic { at == SPEAK && !heard && said < TOKENS && spend(result = LOST); at = ANSWER }
    :: atomic { at == ANSWER && result != LOST && spend(result = LOST) }
    :: d_step { at == ANSWER && !(heard && !done) ->
        if
        :: result == WRITTEN -> written()
        :: result == REFUSED -> look_up_refusal()
        :: result == LOST -> result = 0; at = SPEAK
        fi }
    /* It says its last: what comes now does not interrupt it. */
    :: d_step { (at == PUBLISH || at == ANSWER) && said == TOKENS - 1 && !heard && !done -> done = true }
    :: d_step { at == SPEAK && said == TOKENS && !heard -> done = true; at = FINISH; quiet() }
    :: d_step { at == SPEAK && said < TOKENS && !heard && !done -> at = HANGS }

    /* A stop does not wait for the answer to the last write. */
    :: d_step { at == SPEAK && heard && !done || at == HANGS && heard || at == ANSWER && heard && !done ->
        result = 0; at = FINISH; quiet() }
    :: d_step { at == SPEAK && heard && done -> at = FINISH; quiet() }

    /* What may come at any time. */
    :: d_step { works && listens && on_stop[me] -> on_stop[me] = false; heard = true;
        observed = true;
        CHECK(signal_is_durable, intent || !is_open) }
    :: d_step { works && listens && on_bare[me] -> on_bare[me] = false; heard = true; bare = 1 }
    :: d_step { works && listens && on_ended[me] && !on_stop[me] ->
        if
        :: speaks || at == RELEASE || at == RELEASED -> leave()
        :: else -> quiet()
        fi }
    /* The recording of a bare publish: sent when it is heard, repeated where it was lost. */
    :: d_step { bare == 1 -> stop(); bare = 0 }
    :: atomic { bare == 1 && spend(bare = 2) }
    :: d_step { bare == 2 && works -> bare = 1 }
    /* The subscription. */
    :: atomic { works && listens && spend(deaf[me] = true) }
    :: d_step { works && listening[me] && deaf[me] ->
        deaf[me] = false; on_stop[me] = false; on_bare[me] = false; on_ended[me] = false;
#ifndef M_LATE_SUBSCRIBE
        reread = true
#endif
       }
    :: d_step { reread ->
        reread = false;
        if
        :: !is_open -> if :: speaks || at == RELEASE || at == RELEASED -> leave() :: else -> quiet() fi
        :: is_open && intent -> heard = true
        :: else
        fi }
    /* The renewal of the lease; one that finds nothing new is left out. */
    :: d_step { speaks && (state != RUNNING || attempt != mine) -> leave() }
#ifndef M_LATE_SUBSCRIBE
    :: d_step { speaks && state == RUNNING && attempt == mine && intent && !heard -> heard = true }
#endif

    /* Drain. */
    :: atomic { (at == SPEAK || at == HANGS) && !heard && said < TOKENS && spend(at = RELEASE) }
    :: d_step { at == RELEASE && recorded ->
        if
        :: attempt != mine || !is_open -> result = LOST
        :: attempt == mine && state == QUEUED -> result = HELD
#ifndef M_RELEASE_BLIND
        :: attempt == mine && state == RUNNING && intent -> result = STOPPED
#endif
        :: else -> state = QUEUED; result = HELD; CHECK(stop_never_queues, !intent)
        fi;
        at = RELEASED }
    :: atomic { at == RELEASED && spend(at = RELEASE); result = 0 }
    :: d_step { at == RELEASED && recorded ->
        if
        :: result == STOPPED -> heard = true; result = 0; at = FINISH; quiet()
        :: else ->
            CHECK(heard_is_not_forgotten, bare == 0 || result == LOST);
            leave()
        fi }

    /* The ending. */
    :: d_step { at == FINISH && bare != 1 ->
        if
        :: attempt != mine || state == QUEUED -> result = LOST
        :: attempt == mine && !is_open -> result = ENDED
        :: else ->
            if
            :: done && cannot_tell -> ending(COMPLETED, id_of(mine, number), said)
            :: else -> intent = true; ending(CANCELLED, id_of(mine, number), said)
            fi;
            CHECK(heard_is_not_forgotten, bare == 0 || state == CANCELLED);
            result = ENDED
        fi;
        at = FINISHED }
    :: atomic { at == FINISHED && spend(at = FINISH); result = 0 }
    :: d_step { at == FINISHED -> if :: result == ENDED -> job = false :: else fi; leave() }

    /* kill -9; another worker starts. */
    :: atomic { works && spend(skip) -> d_step { leave() } }
    od
}

/* ---------------------------------------------------------------------------------------------- Frontend */

/* States of the reader. */
#define SUBSCRIBING 0
#define READING 1
#define FOLLOWING 2
#define PAUSED 3
#define OVER 4
#define UNSEEN 255               /* greater than any id */

#ifdef M_EMPTY_PAGE
#define heard_of_more false
#else
#define heard_of_more stale
#endif

/* The client's stop. */
#define NOT_SENT 0
#define RECORDED 1              /* the receipt is on its way */
#define FLUSHING 2
#define WAITING 3               /* for the client to take more */
#define DONE 4
#define SIGNALLED 5             /* mutation: published, not recorded */

/* A read of the log is carried out at once and answered later; what a late one finds, one that is lost and repeated finds. */
inline find_page() {
    page_from = 0;
    do
    :: page_from < length && id(entries[page_from]) <= cursor -> page_from++
    :: else -> break
    od
}

inline send_read() {
    find_page();
    page_to = (length < page_from + PAGE -> length : page_from + PAGE);
    asking = true
}

inline acknowledge() {
    silenced = true; stopping = DONE; acknowledged = true; at_acknowledgement = held; receipt = 0;
    CHECK(acknowledged_is_saved, !ended || held == saved)
}

/* ClientSession.deliver */
inline deliver(ee) {
    cursor = id(ee);
    if
    :: index(ee) == ENDING ->
        reader = OVER; told[v] = true; feed_on[v] = false; asking = false; page_to = 0; newest = 0; stale = false;
        CHECK(client_holds_the_saved, held == saved)
    :: is_chunk(ee) && !silenced ->
        CHECK(silence_after_acknowledgement, v != 0 || !acknowledged);
        CHECK(client_reads_in_order, token(ee) == held);
        held++; resume_at = cursor
    :: else
    fi
}

inline release_flush() {
    if
    :: stopping == FLUSHING && (cursor >= receipt || reader == OVER || reader == FOLLOWING && pages_done) -> acknowledge()
    :: else
    fi
}

/* feedEstablished */
inline established() {
    if
    :: reader == SUBSCRIBING || reader == FOLLOWING -> reader = READING; newest = cursor; stale = false; send_read()
    :: reader == READING -> newest = UNSEEN; stale = true
    :: else
    fi
}

inline begin_flush() {
    if
    :: cursor >= receipt || reader == OVER -> acknowledge()
    :: cursor < receipt && reader == PAUSED -> stopping = WAITING
    :: cursor < receipt && reader == FOLLOWING -> stopping = FLUSHING; reader = READING; newest = receipt; stale = false; send_read()
    :: cursor < receipt && reader == READING -> stopping = FLUSHING; newest = (newest > receipt -> newest : receipt); stale = true
    :: else -> stopping = FLUSHING
    fi
}

proctype Frontend(byte v; chan feed) {
    byte reader, cursor, newest, held, resume_at;
    byte page_to;               /* how far the page reaches that is on its way */
    bool asking, stale, silenced;
    byte stopping, receipt;

end:
    do
    :: d_step { reader == SUBSCRIBING && !feed_on[v] -> feed_on[v] = true; feed_deaf[v] = false; established() }

    /* The log. */
    :: atomic { asking && suffer(skip) -> d_step { send_read() } }
    :: d_step { asking ->
        asking = false;
        find_page();
        i = page_from;
        do
        :: i < page_to ->
            if :: reader == READING && id(entries[i]) > cursor -> deliver(entries[i]) :: else fi;
            i++
        :: else -> break
        od;
        /* pageEnded */
        if
        :: reader == READING ->
            if
            :: page_to - page_from == PAGE || newest > cursor && (heard_of_more || page_to > page_from) -> newest = (newest == UNSEEN -> cursor : newest); stale = false; send_read()
            :: else -> reader = FOLLOWING; newest = 0; stale = false
            fi
        :: else
        fi;
        pages_done = true; release_flush(); pages_done = false;
        if :: !asking -> page_to = 0 :: else fi;
        e = 0 }

    /* The feed. */
    :: d_step { len(feed) > 0 && !feed_deaf[v] ->
        feed ? e, before;
        if
        :: reader == FOLLOWING && id(e) > cursor ->
            if
            :: is_chunk(e) && id(e) == cursor + 1 || !is_chunk(e) && before == cursor -> deliver(e)
            :: else ->
#ifdef M_IGNORE_HOLES
                deliver(e)
#else
                reader = READING; newest = id(e); stale = false; send_read()
#endif
            fi
        :: reader == READING ->
            stale = stale || id(e) > cursor;
            newest = (newest > id(e) -> newest : id(e))
        :: else
        fi;
        release_flush();
        e = 0; before = 0 }
    :: atomic { feed_on[v] && !feed_deaf[v] && reader != OVER && suffer(feed_deaf[v] = true) }
#ifdef LOSSY
    /* One entry is lost and the next ones come, until the watch over the connection notices. One Redis does not do that, for it
       closes a connection that loses; the bus of a cluster does. */
    :: atomic { len(feed) > 0 && reader != OVER && suffer(feed_gap[v] = true); feed ? e, before; e = 0; before = 0 }
#endif
    :: d_step { feed_on[v] && (feed_deaf[v] || feed_gap[v]) ->
        do :: len(feed) > 0 -> feed ? e, before :: else -> break od;
        e = 0; before = 0;
        feed_deaf[v] = false; feed_gap[v] = false;
#ifndef M_NO_READ_AFTER_RESUME
        established()
#endif
       }

    /* A slow client. */
    :: atomic { reader != OVER && reader != PAUSED && reader != SUBSCRIBING && suffer(reader = PAUSED);
        asking = false; page_to = 0; newest = 0; stale = false;
        if :: stopping == FLUSHING -> stopping = WAITING :: else fi }
    :: d_step { reader == PAUSED ->
        reader = READING; newest = cursor; stale = false; send_read();
        if :: stopping == WAITING -> begin_flush() :: else fi }

    /* The client's stop. */
#ifdef M_PUBLISH_FIRST
    :: d_step { v == 0 && stopping == NOT_SENT -> asked = true; publish_stop(on_stop); stopping = SIGNALLED }
    :: d_step { v == 0 && stopping == SIGNALLED -> stop(); receipt = receipt_id; stopping = RECORDED }
#else
    :: d_step { v == 0 && stopping == NOT_SENT -> asked = true; stop(); receipt = receipt_id; stopping = RECORDED }
#endif
    :: atomic { stopping == RECORDED && suffer(stopping = NOT_SENT); receipt = 0 }
    :: d_step { stopping == RECORDED ->
#ifdef M_NO_FLUSH
        acknowledge()
#else
        begin_flush()
#endif
       }

    /* The channel of stops. */
    :: d_step { v == 0 && watch_bare -> watch_bare = false; stop() }

    /* kill -9. The client goes on elsewhere, behind the last chunk it got, and repeats a stop that was not acknowledged. */
    :: atomic { reader != OVER && suffer(skip) -> d_step {
        do :: len(feed) > 0 -> feed ? e, before :: else -> break od;
        e = 0; before = 0;
        feed_on[v] = false; feed_deaf[v] = false; feed_gap[v] = false; watch_bare = false;
        reader = SUBSCRIBING; asking = false; page_to = 0; newest = 0; stale = false; silenced = false;
        cursor = resume_at; receipt = 0;
        if :: stopping != DONE -> stopping = NOT_SENT :: else fi } }
    od
}

/* Where no reader is: a client that only stops. */
proctype Client() {
end:
    do
    :: d_step { !asked -> asked = true; stop(); acknowledged = true;
        count_said(); at_acknowledgement = count }
    :: d_step { watch_bare -> watch_bare = false; stop() }
    od
}

/* ---------------------------------------------------------------------------------------------- Operator */

#ifdef BARE
proctype Operator() {
end:
    d_step { publish_stop(on_bare); watch_bare = is_open; k = 0 }
}
#endif

init {
    atomic {
        run Worker(0);
#if WORKERS > 1
        run Worker(1);
#endif
#if READERS == 0
        run Client();
#else
        run Frontend(0, feed_0);
#endif
#if READERS > 1
        run Frontend(1, feed_1);
#endif
#ifdef BARE
        run Operator()
#endif
    }
}

ltl accepted_is_settled { [] (accepted -> <> ended) }
ltl asked_is_acknowledged { [] (asked -> <> acknowledged) }
#if READERS > 1
ltl ended_is_told { [] (ended -> <> (told[0] && told[1])) }
#else
ltl ended_is_told { [] (ended -> <> (told[0] || READERS == 0)) }
#endif
