"""What the agent and its clients share: its name on the session bus and the shape of its properties.

All four properties are read only; a key that is missing means "not known".
State a{sv}: state s, time d (seconds since the epoch), room t, room_memory t, room_swap t (bytes), pressure_some d,
pressure_full d (fractions), evidence aa{sv} of name s, value d, threshold d, met b;
classic aa{sv} of check s, value d, holds b; group s (the cgroup in danger); agent_pid u, agent_oom_score_adj i,
memory_locked b; frozen aa{sv} of name s, pid u, start_ticks t, processes u, by_rule b; quiet_seconds u (left of Quiet).
Forecast a{sv}: seconds_left (ddd) earliest, likeliest, latest; shrinking d (bytes per second); growers aa{sv} of name s,
processes u, memory t, growth d, pid u, start_ticks t.
NextVictims aa{sv}, one entry a killer: killer s, acts_when s, distance s, nearness d, name s, pid u, start_ticks t, cgroup s,
frees t, also_dies u.
Alerts aa{sv}: level s, since d, text s.
Signal Killed(a{sv}): text s (a sentence), killer s, name s, pid u, processes u, constraint s, time d.
Freeze and Thaw take a process by pid and start time; its whole program stands still or goes on.  Snooze takes the seconds for
which warnings are held back, 0 ends that.  TestNotification shows a message and answers whether a server takes it.
Source: design of the project (D-Bus); D-Bus Specification, "Standard Interfaces".
"""

AGENT_NAME = "io.github.oomguardian.Agent1"
AGENT_PATH = "/io/github/oomguardian/Agent1"
AGENT_INTERFACE = AGENT_NAME

PROPERTY_TYPES = {"State": "a{sv}", "Forecast": "a{sv}", "NextVictims": "aa{sv}", "Alerts": "aa{sv}"}

# What each method takes and gives.
METHODS = {"Freeze": ("ut", ""), "Thaw": ("ut", ""), "Snooze": ("u", ""), "TestNotification": ("", "b")}
LONGEST_SNOOZE = 86400

BEAT_SECONDS = 3.0
SILENT_SECONDS = 12.0

INTROSPECTION = """<!DOCTYPE node PUBLIC "-//freedesktop//DTD D-BUS Object Introspection 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/introspect.dtd">
<node>
  <interface name="org.freedesktop.DBus.Introspectable">
    <method name="Introspect"><arg name="xml_data" type="s" direction="out"/></method>
  </interface>
  <interface name="org.freedesktop.DBus.Peer">
    <method name="Ping"/>
    <method name="GetMachineId"><arg name="machine_uuid" type="s" direction="out"/></method>
  </interface>
  <interface name="org.freedesktop.DBus.Properties">
    <method name="Get">
      <arg name="interface_name" type="s" direction="in"/>
      <arg name="property_name" type="s" direction="in"/>
      <arg name="value" type="v" direction="out"/>
    </method>
    <method name="GetAll">
      <arg name="interface_name" type="s" direction="in"/>
      <arg name="properties" type="a{sv}" direction="out"/>
    </method>
    <method name="Set">
      <arg name="interface_name" type="s" direction="in"/>
      <arg name="property_name" type="s" direction="in"/>
      <arg name="value" type="v" direction="in"/>
    </method>
    <signal name="PropertiesChanged">
      <arg name="interface_name" type="s"/>
      <arg name="changed_properties" type="a{sv}"/>
      <arg name="invalidated_properties" type="as"/>
    </signal>
  </interface>
  <interface name="io.github.oomguardian.Agent1">
    <method name="Freeze">
      <arg name="pid" type="u" direction="in"/>
      <arg name="start_ticks" type="t" direction="in"/>
    </method>
    <method name="Thaw">
      <arg name="pid" type="u" direction="in"/>
      <arg name="start_ticks" type="t" direction="in"/>
    </method>
    <method name="Snooze"><arg name="seconds" type="u" direction="in"/></method>
    <method name="TestNotification"><arg name="sent" type="b" direction="out"/></method>
    <property name="State" type="a{sv}" access="read"/>
    <property name="Forecast" type="a{sv}" access="read"/>
    <property name="NextVictims" type="aa{sv}" access="read"/>
    <property name="Alerts" type="aa{sv}" access="read"/>
    <signal name="Killed"><arg name="kill" type="a{sv}"/></signal>
  </interface>
</node>
"""
