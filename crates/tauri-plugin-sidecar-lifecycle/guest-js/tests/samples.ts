// Written by the tests of sidecar-lifecycle: real values, whose types TypeScript checks.
import type { CrashInfo, LogLine, SidecarEvent, SidecarInfo, SidecarMetrics } from "../bindings/engine.js";

export const events = [
  {
    "mono_ms": 0.25,
    "sidecar": "web",
    "run": 1,
    "event": "port_chosen",
    "port": 5173
  },
  {
    "mono_ms": 1.25,
    "sidecar": "web",
    "run": 1,
    "event": "port_held",
    "port": 5173,
    "holder": {
      "pid": 4711,
      "uid": 1000,
      "command": "node server.js",
      "cwd": "/home/ana/shop",
      "started": "2023-11-14T22:13:20Z",
      "kind": "same_project"
    }
  },
  {
    "mono_ms": 2.25,
    "sidecar": "web",
    "run": 1,
    "event": "port_held",
    "port": 5174,
    "holder": {
      "pid": null,
      "uid": null,
      "command": null,
      "cwd": null,
      "started": null,
      "kind": "stranger"
    }
  },
  {
    "mono_ms": 3.25,
    "sidecar": "web",
    "run": 1,
    "event": "cleaned",
    "pid": 4711,
    "command": "what happened",
    "why": "what happened"
  },
  {
    "mono_ms": 4.25,
    "sidecar": "web",
    "run": 1,
    "event": "kept",
    "pid": 4711,
    "command": "what happened",
    "why": "what happened"
  },
  {
    "mono_ms": 5.25,
    "sidecar": "web",
    "run": 1,
    "event": "spawned",
    "pid": 4711,
    "port": 5173,
    "protection": "guardian"
  },
  {
    "mono_ms": 6.25,
    "sidecar": "web",
    "run": 1,
    "event": "spawned",
    "pid": 4711,
    "port": null,
    "protection": "best_effort"
  },
  {
    "mono_ms": 7.25,
    "sidecar": "web",
    "run": 1,
    "event": "adopted",
    "pid": 4711,
    "port": 5173
  },
  {
    "mono_ms": 8.25,
    "sidecar": "web",
    "run": 1,
    "event": "released",
    "pid": 4711
  },
  {
    "mono_ms": 9.25,
    "sidecar": "web",
    "run": 1,
    "event": "waiting_for",
    "sidecars": [
      "db"
    ]
  },
  {
    "mono_ms": 10.25,
    "sidecar": "web",
    "run": 1,
    "event": "roll_degraded",
    "reason": "what happened"
  },
  {
    "mono_ms": 11.25,
    "sidecar": "web",
    "run": 1,
    "event": "roll_failed",
    "reason": "what happened"
  },
  {
    "mono_ms": 12.25,
    "sidecar": "web",
    "run": 1,
    "event": "port_taken",
    "port": 5173
  },
  {
    "mono_ms": 13.25,
    "sidecar": "web",
    "run": 1,
    "event": "ready",
    "pid": 4711,
    "port": 5173,
    "url": "http://localhost:5173/",
    "start_ms": 12.5
  },
  {
    "mono_ms": 14.25,
    "sidecar": "web",
    "run": 1,
    "event": "ready",
    "pid": 4711,
    "port": null,
    "url": null,
    "start_ms": 1.0
  },
  {
    "mono_ms": 15.25,
    "sidecar": "web",
    "run": 1,
    "event": "unhealthy",
    "pid": 4711,
    "port": 5173,
    "url": "http://localhost:5173/",
    "reason": "what happened"
  },
  {
    "mono_ms": 16.25,
    "sidecar": "web",
    "run": 1,
    "event": "exited",
    "code": 1,
    "asked": false
  },
  {
    "mono_ms": 17.25,
    "sidecar": "web",
    "run": 1,
    "event": "exited",
    "signal": 9,
    "asked": true
  },
  {
    "mono_ms": 18.25,
    "sidecar": "web",
    "run": 1,
    "event": "exited",
    "asked": false
  },
  {
    "mono_ms": 19.25,
    "sidecar": "web",
    "run": 1,
    "event": "crashed",
    "reason": "what happened",
    "attempt": 1,
    "max": 5,
    "code": 1,
    "last_lines": [
      "what happened"
    ]
  },
  {
    "mono_ms": 20.25,
    "sidecar": "web",
    "run": 1,
    "event": "restarting",
    "attempt": 1,
    "max": 5,
    "delay_ms": 250.0
  },
  {
    "mono_ms": 21.25,
    "sidecar": "web",
    "run": 1,
    "event": "stopping",
    "reason": "what happened"
  },
  {
    "mono_ms": 22.25,
    "sidecar": "web",
    "run": 1,
    "event": "stopped",
    "survivors": 0,
    "took_ms": 2.5
  },
  {
    "mono_ms": 23.25,
    "sidecar": "web",
    "run": 1,
    "event": "stopped",
    "survivors": [
      4711
    ],
    "took_ms": 2.5
  },
  {
    "mono_ms": 24.25,
    "sidecar": "web",
    "run": 1,
    "event": "failed",
    "reason": "what happened",
    "last_lines": []
  },
  {
    "mono_ms": 25.25,
    "sidecar": "web",
    "run": 1,
    "event": "log_trouble",
    "reason": "what happened"
  },
  {
    "mono_ms": 26.25,
    "sidecar": "web",
    "run": 1,
    "event": "protection_lost",
    "protection": "kernel"
  },
  {
    "mono_ms": 27.25,
    "sidecar": "web",
    "run": 1,
    "event": "guardian_silent",
    "reason": "what happened"
  },
  {
    "mono_ms": 28.25,
    "sidecar": "web",
    "run": 1,
    "event": "guardian_answers",
    "waited_ms": 6000.0
  },
  {
    "mono_ms": 29.25,
    "sidecar": "web",
    "run": 1,
    "event": "phase_changed",
    "from": "starting",
    "to": "ready"
  }
] satisfies SidecarEvent[];

export const infos = [
  {
    "id": "db",
    "state": "idle",
    "wanted": "down",
    "is_running": false,
    "is_healthy": false,
    "pid": null,
    "run": null,
    "port": null,
    "url": null,
    "uptime_seconds": 0,
    "restart_count": 0,
    "last_health_check": null,
    "failure": null
  },
  {
    "id": "web",
    "state": "ready",
    "wanted": "up",
    "is_running": true,
    "is_healthy": true,
    "pid": 4711,
    "run": 3,
    "port": 5173,
    "url": "http://localhost:5173/",
    "uptime_seconds": 7,
    "restart_count": 2,
    "last_health_check": "2023-11-14T22:13:20Z",
    "failure": "none"
  }
] satisfies SidecarInfo[];

export const crashes = [
  {
    "id": "web",
    "run": 1,
    "reason": "ended with code 1",
    "exit_code": 1,
    "signal": null,
    "restart_attempt": 1,
    "max_attempts": 5,
    "last_lines": [
      "EADDRINUSE"
    ]
  }
] satisfies CrashInfo[];

export const lines = [
  {
    "seq": 1,
    "stream": "stdout",
    "line": "text"
  },
  {
    "seq": 2,
    "stream": "stderr",
    "line": "text"
  }
] satisfies LogLine[];

export const metrics = {
  "web": {
    "starts": 2,
    "ready": 2,
    "crashes": 1,
    "restarts": 1,
    "stops": 2,
    "forced_stops": 0,
    "failures": 1,
    "port_moves": 0,
    "health_checks": 0,
    "health_check_failures": 0,
    "log_lines": 0,
    "kept": 1,
    "cleaned": 1,
    "start": {
      "count": 1,
      "sum": 0.0125,
      "min": 0.0125,
      "max": 0.0125,
      "last": 0.0125,
      "buckets": [
        {
          "le": 0.005,
          "count": 0
        },
        {
          "le": 0.01,
          "count": 0
        },
        {
          "le": 0.025,
          "count": 1
        },
        {
          "le": 0.05,
          "count": 1
        },
        {
          "le": 0.1,
          "count": 1
        },
        {
          "le": 0.25,
          "count": 1
        },
        {
          "le": 0.5,
          "count": 1
        },
        {
          "le": 1.0,
          "count": 1
        },
        {
          "le": 2.5,
          "count": 1
        },
        {
          "le": 5.0,
          "count": 1
        },
        {
          "le": 10.0,
          "count": 1
        },
        {
          "le": 30.0,
          "count": 1
        },
        {
          "le": 60.0,
          "count": 1
        },
        {
          "le": 120.0,
          "count": 1
        }
      ]
    },
    "stop": {
      "count": 2,
      "sum": 0.005,
      "min": 0.0025,
      "max": 0.0025,
      "last": 0.0025,
      "buckets": [
        {
          "le": 0.005,
          "count": 2
        },
        {
          "le": 0.01,
          "count": 2
        },
        {
          "le": 0.025,
          "count": 2
        },
        {
          "le": 0.05,
          "count": 2
        },
        {
          "le": 0.1,
          "count": 2
        },
        {
          "le": 0.25,
          "count": 2
        },
        {
          "le": 0.5,
          "count": 2
        },
        {
          "le": 1.0,
          "count": 2
        },
        {
          "le": 2.5,
          "count": 2
        },
        {
          "le": 5.0,
          "count": 2
        },
        {
          "le": 10.0,
          "count": 2
        },
        {
          "le": 30.0,
          "count": 2
        },
        {
          "le": 60.0,
          "count": 2
        },
        {
          "le": 120.0,
          "count": 2
        }
      ]
    },
    "backoff": {
      "count": 1,
      "sum": 0.25,
      "min": 0.25,
      "max": 0.25,
      "last": 0.25,
      "buckets": [
        {
          "le": 0.005,
          "count": 0
        },
        {
          "le": 0.01,
          "count": 0
        },
        {
          "le": 0.025,
          "count": 0
        },
        {
          "le": 0.05,
          "count": 0
        },
        {
          "le": 0.1,
          "count": 0
        },
        {
          "le": 0.25,
          "count": 1
        },
        {
          "le": 0.5,
          "count": 1
        },
        {
          "le": 1.0,
          "count": 1
        },
        {
          "le": 2.5,
          "count": 1
        },
        {
          "le": 5.0,
          "count": 1
        },
        {
          "le": 10.0,
          "count": 1
        },
        {
          "le": 30.0,
          "count": 1
        },
        {
          "le": 60.0,
          "count": 1
        },
        {
          "le": 120.0,
          "count": 1
        }
      ]
    },
    "phase": "ready",
    "up": false,
    "healthy": true,
    "uptime_seconds": 1.98675,
    "restart_count": 2
  }
} satisfies Record<string, SidecarMetrics>;
