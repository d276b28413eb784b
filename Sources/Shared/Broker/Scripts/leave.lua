-- Notes that the last viewer at one node has left.
if is_open(read_hash(REQUEST)) then redis.call('HSET', REQUEST, 'left_at', now()) end
