-- Ends a request whose time is over, by the clock of Redis. One that runs has its worker to do so, which keeps what its generator says until
-- then: it is ended here only where that has not happened for a while, because the worker is dead or deaf. A recorded stop wins.
-- Returns 'ended', and if it was ended now the request that works for this one and whether the text is still to be saved; or 'open' and the microseconds until it is worth asking again, '' where it may take any time.
local SLACK = 5000000
local request = read_hash(REQUEST)
if not is_open(request) then return { 'ended' } end
local due, why = deadline(request)
if not due then return { 'open', '' } end
if request.state == 'running' then due = due + SLACK end
local rest = due - tonumber(now())
if rest > 0 then return { 'open', string.format('%.0f', rest) } end
begin()
write_ending(request, expired({}, why))
return { 'ended', request.child or '', unsaved() }
