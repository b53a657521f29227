"""What keeps a desk's agent and the service apart. Neither reads a card nor speaks HTTP.

DriverError
└── AgentFault                           the devices of a desk cannot be reached
    ├── AgentOffline    AGENT_OFFLINE    the desk's agent is not connected
    ├── AgentSilent     AGENT_SILENT     it did not answer in the time allowed
    └── EdgeUnreachable EDGE_UNREACHABLE told at the desk: the service does not answer
"""

from enum import Enum

from drivers.errors import DriverError, Meaning, Retry


class AgentCode(Enum):
    """Every such code; the member's name is the stable code."""

    AGENT_OFFLINE = Meaning(
        number=-11,
        retry=Retry.BY_ITSELF,
        text="本窗口的读卡程序没有连上服务",
        text_en="the desk's agent is not connected",
        next_action="确认窗口电脑已开机联网、读卡程序在运行；连上后自动恢复，无需重启本系统",
        next_action_en="check that the desk's PC is on and its agent runs; we go on by ourselves",
    )
    AGENT_SILENT = Meaning(
        number=-32,
        retry=Retry.AGAIN,
        text="窗口的读卡程序没有及时应答",
        text_en="the desk's agent did not answer in time",
        next_action="再读一次；仍不行请检查窗口电脑的网络",
        next_action_en="read again; if it persists check the network of the desk's PC",
    )
    EDGE_UNREACHABLE = Meaning(
        number=-5,
        retry=Retry.BY_ITSELF,
        text="连不上结算服务",
        text_en="the service cannot be reached from this desk",
        next_action="请信息科检查服务是否运行、网络是否连通；恢复后自动重连",
        next_action_en="have IT check the service and the network; we reconnect by ourselves",
    )


class AgentFault(DriverError):
    """The devices of a desk cannot be reached."""


class AgentOffline(AgentFault):
    """The desk's agent is not connected."""

    kind = AgentCode.AGENT_OFFLINE


class AgentSilent(AgentFault):
    """The desk's agent did not answer in the time allowed."""

    kind = AgentCode.AGENT_SILENT


class EdgeUnreachable(AgentFault):
    """The service does not answer; told at the desk."""

    kind = AgentCode.EDGE_UNREACHABLE
