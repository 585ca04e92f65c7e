// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AggregatorV3Interface} from "@chainlink/contracts/src/v0.8/shared/interfaces/AggregatorV3Interface.sol";

/// @title A price feed that fails in the way it is told to; healthy until then.
/// @notice Anyone may set anything: tests only. Two storage slots and no more are read for an answer, as in a lean live feed.
contract FaultFeed is AggregatorV3Interface {
    enum Fault {
        None,
        Reverts,
        RevertsWithMuchData,
        AnswersNothing,
        AnswersFourWords,
        AnswersMuchData,
        BurnsGas,
        HistoryReverts
    }

    struct Header {
        uint80 roundId;
        uint64 startedAt;
        uint64 updatedAt;
        Fault fault;
    }

    struct Past {
        int256 answer;
        Header header;
    }

    error ToldTo(Fault fault);

    uint8 private immutable DECIMALS;
    int256 private _answer;
    Header private _header;
    mapping(uint80 roundId => Past) private _past;

    constructor(uint8 decimals_) {
        DECIMALS = decimals_;
    }

    function setFault(Fault fault) external {
        _header.fault = fault;
    }

    /// @notice A round of any id, so that a test can leave gaps or write a proxy's phase into it.
    function setRound(uint80 roundId, int256 answer, uint64 startedAt, uint64 updatedAt) public {
        _answer = answer;
        _header = Header({roundId: roundId, startedAt: startedAt, updatedAt: updatedAt, fault: _header.fault});
        _past[roundId] = Past({answer: answer, header: _header});
    }

    /// @notice The next round, started and updated at one time.
    function publish(int256 answer, uint64 second) external {
        setRound(_header.roundId + 1, answer, second, second);
    }

    function decimals() external view returns (uint8) {
        return DECIMALS;
    }

    function description() external pure returns (string memory) {
        return "fault";
    }

    function version() external pure returns (uint256) {
        return 1;
    }

    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        Fault fault = _header.fault;
        if (fault != Fault.None && fault != Fault.HistoryReverts) _fail(fault);
        uint80 roundId = _header.roundId;
        return (roundId, _answer, _header.startedAt, _header.updatedAt, roundId);
    }

    function getRoundData(uint80 roundId) external view returns (uint80, int256, uint256, uint256, uint80) {
        require(_header.fault != Fault.HistoryReverts, ToldTo(Fault.HistoryReverts));
        Past memory p = _past[roundId];
        return (roundId, p.answer, p.header.startedAt, p.header.updatedAt, roundId);
    }

    function _fail(Fault fault) private pure {
        require(fault != Fault.Reverts, ToldTo(fault));
        assembly ("memory-safe") {
            switch fault
            case 2 {
                revert(0, 100000)
            }
            case 3 {
                return(0, 0)
            }
            case 4 {
                // The words would all be acceptable: only there are too few.
                mstore(0, 1)
                return(0, 128)
            }
            case 5 {
                // A plausible first word and a hundred kilobytes of nothing after it.
                mstore(0, 1)
                return(0, 100000)
            }
            case 6 {
                for {} 1 {} {}
            }
        }
    }
}
