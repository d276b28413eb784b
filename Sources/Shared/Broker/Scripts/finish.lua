-- Ends a request for the worker whose attempt is current. A repeated call gets the ending that stands.
-- ARGV: 3 attempt, 4 state, 5 finish reason, 6 input tokens, 7 output tokens or '' to count them, 8 error code, 9 error message,
--       10 mode, 11 by, 12 reason of the stop the worker obeyed, 13 when the generator ended, in microseconds since 1970 by the clock
--       of Redis, '-' and how many microseconds ago, or '',
--       and, where the worker knows: 14 the last entry it wrote, 15 the text of the log up to there
-- Returns the fields of the ending, and whether the text is still to be saved.
local attempt, state = ARGV[3], ARGV[4]
local request = read_hash(REQUEST)
if not request.state or request.attempt ~= attempt then return { 'fenced' } end
if not is_open(request) then
    local last = redis.call('XREVRANGE', LOG, '+', '-', 'COUNT', 1)[1]
    if last and last[2][1] == 'e' then return { 'ended', last[2], unsaved() } end
    return { 'fenced' }
end
if request.state ~= 'running' then return { 'fenced' } end
begin()
if state == 'cancelled' and not request.stop_mode then record_stop(request, ARGV[10], ARGV[11], ARGV[12]) end
local ending = { state = state, finish_reason = ARGV[5], input_tokens = ARGV[6], error_code = ARGV[8], error_message = ARGV[9] }
if state == 'expired' then expired(ending, select(2, deadline(request))) end
if ARGV[14] then ending.known = { last = ARGV[14], text = ARGV[15] } end
if ARGV[7] ~= '' then ending.output_tokens = ARGV[7] end
if ARGV[13] ~= '' then
    local time, observed = tonumber(now()), tonumber(ARGV[13])
    if string.sub(ARGV[13], 1, 1) == '-' then observed = time + observed end
    ending.observed_at = string.format('%.0f', math.min(observed, time))
end
return { 'ended', write_ending(request, ending), unsaved() }
