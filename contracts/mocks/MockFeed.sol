// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AggregatorV3Interface} from "@chainlink/contracts/src/v0.8/shared/interfaces/AggregatorV3Interface.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title A price feed of Chainlink's shape whose rounds one account publishes, for tests and the devnet.
/// @notice Every round is kept, ids count from 1. Answers and times are taken as given: a test may publish nonsense.
contract MockFeed is AggregatorV3Interface {
    using SafeCast for *;

    /// @dev One slot, as the aggregators in production keep a round.
    struct Round {
        int192 answer;
        uint64 updatedAt;
    }

    error NotPublisher(address caller, address publisher);
    error NoDataForRound(uint80 roundId, uint80 latestRoundId);

    event AnswerUpdated(int256 indexed current, uint256 indexed roundId, uint256 updatedAt);

    address public immutable PUBLISHER;
    uint8 private immutable DECIMALS;
    string public override description;

    uint80 public latestRoundId;
    mapping(uint80 roundId => Round) private _rounds;

    constructor(string memory description_, uint8 decimals_, address publisher_) {
        description = description_;
        DECIMALS = decimals_;
        PUBLISHER = publisher_;
    }

    /// @param answer with `decimals` decimals
    /// @param updatedAt second of the round; given by the caller so that a test can publish a stale round
    function publish(int256 answer, uint256 updatedAt) external {
        require(msg.sender == PUBLISHER, NotPublisher(msg.sender, PUBLISHER));
        uint80 roundId = ++latestRoundId;
        _rounds[roundId] = Round({answer: answer.toInt192(), updatedAt: updatedAt.toUint64()});
        emit AnswerUpdated(answer, roundId, updatedAt);
    }

    function decimals() external view override returns (uint8) {
        return DECIMALS;
    }

    function version() external pure override returns (uint256) {
        return 1;
    }

    function latestRoundData() external view override returns (uint80, int256, uint256, uint256, uint80) {
        return _read(latestRoundId);
    }

    function getRoundData(uint80 roundId) public view override returns (uint80, int256, uint256, uint256, uint80) {
        require(roundId != 0 && roundId <= latestRoundId, NoDataForRound(roundId, latestRoundId));
        return _read(roundId);
    }

    function _read(uint80 roundId) private view returns (uint80, int256, uint256, uint256, uint80) {
        Round memory round = _rounds[roundId];
        return (roundId, round.answer, round.updatedAt, round.updatedAt, roundId);
    }
}
