-- Asks about many record paths in turn: wrk ... -s paths.lua URL -- COUNT

local requests, position = {}, 0

function init(arguments)
  for number = 1, tonumber(arguments[1]) do
    wrk.headers["X-Original-URI"] = "/api/egress/leads/" .. number .. "?page=2"
    requests[number] = wrk.format()
  end
end

function request()
  position = position % #requests + 1
  return requests[position]
end
