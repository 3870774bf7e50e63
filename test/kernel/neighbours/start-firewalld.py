"""Starts firewalld's own core, without D-Bus, from an unpacked package: start-firewalld.py TREE."""

import shutil
import sys

import firewall.config
from firewall.core.fw import Firewall
from firewall.core.rich import Rich_Rule

# As in test/kernel/packets/host-firewall.test.ts: ServiceCIDRs, external addresses, NodePorts.
DESTINATIONS = {
    "ipv4": ["10.96.0.0/12", "198.51.100.0/24"],
    "ipv6": ["fd00:96::/64", "2001:db8:51::/64"],
}
PROTOCOLS = ["tcp", "udp", "sctp"]

tree = sys.argv[1]
settings = "/tmp/firewalld"
shutil.copytree(tree + "/etc/firewalld", settings)
firewall.config.set_default_config_paths(tree + "/usr/lib/firewalld")
firewall.config.set_system_config_paths(settings)

daemon = Firewall()
daemon.start()
assert daemon.get_default_zone() == "public"
for protocol in PROTOCOLS:
    daemon.zone.add_port("public", "30000-32767", protocol)
for family, addresses in DESTINATIONS.items():
    for address in addresses:
        rule = f'rule family="{family}" destination address="{address}" accept'
        daemon.zone.add_rule("public", Rich_Rule(rule_str=rule))
