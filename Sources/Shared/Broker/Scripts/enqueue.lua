-- Puts a job at the end of its queue, unless as many wait there as may: for a request that was accepted, but whose job is in no queue.
-- KEYS[1] jobs:<queue>. ARGV: 1 the request's id, 2 the job, 3 how many may wait or '', 4 the group of workers, 5 seconds to live
-- Returns 'queued', the entry's id and its place among those that wait; or 'full' and how many wait.
local last, waiting = standing(KEYS[1], ARGV[4])
if ARGV[3] ~= '' and waiting >= tonumber(ARGV[3]) then return { 'full', waiting } end
return { 'queued', put(KEYS[1], last, ARGV[1], ARGV[2], ARGV[5]), waiting + 1 }
