-- Puts a job at the end of its queue, unless as many wait there as may: for a request that was accepted, but whose job is in no queue.
-- KEYS[1] jobs:<queue>. ARGV: 1 the request's id, 2 the job, 3 how many may wait or '', 4 the group of workers, 5 seconds to live
-- Returns 'queued' and the entry's id; or 'full'.
local id = put(KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5])
return id and { 'queued', id } or { 'full' }
