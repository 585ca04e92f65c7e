// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IOracleErrors} from "../interfaces/IOracleErrors.sol";
import {GuardedCall} from "./GuardedCall.sol";
import {SecondSourceConfig} from "./OracleConfig.sol";

/// @title What a second source may do: lower the price new risk is taken at, and hold liquidation back for a while.
/// @notice It never becomes the price of a liquidation. A disagreement (or a second source that fails to answer) holds
/// liquidation until it has lasted `cap` seconds by the notes people leave: in a real crash an average lags, and waiting for
/// it makes bad debt. Notes must come at least every hour; a longer silence starts the clock anew.
abstract contract SecondOpinion is IOracleErrors {
    using GuardedCall for address;

    struct Disagreement {
        uint64 since;
        uint64 lastSeen;
    }

    uint256 private constant WAD = 1e18;
    uint256 private constant LONGEST_SILENCE = 1 hours;

    address internal immutable SECOND_SOURCE;
    uint256 internal immutable DISAGREEMENT_LIMIT_WAD;
    uint256 internal immutable DISAGREEMENT_CAP;

    /// @notice The noted disagreement: first and latest second at which it was seen. Nothing clears it; silence does.
    Disagreement public disagreement;

    constructor(SecondSourceConfig memory c) {
        if (c.source != address(0)) {
            require(c.limitWad != 0 && c.limitWad < WAD, DisagreementLimitOutOfRange(c.limitWad, WAD));
            require(c.cap != 0, DisagreementCapZero());
        }
        SECOND_SOURCE = c.source;
        DISAGREEMENT_LIMIT_WAD = c.limitWad;
        DISAGREEMENT_CAP = c.cap;
    }

    function _lowerOfBoth(uint256 primaryE36) internal view returns (uint256) {
        if (SECOND_SOURCE == address(0)) return primaryE36;
        return Math.min(primaryE36, _requireSecondPrice());
    }

    function _requireSecondPrice() internal view returns (uint256 secondE36) {
        bool ok;
        (ok, secondE36) = SECOND_SOURCE.tryPrice();
        require(ok, SecondSourceUnavailable(SECOND_SOURCE));
    }

    /// @dev Reverts while a disagreement holds liquidation back.
    function _requireNotHeld(uint256 primaryE36) internal view {
        if (SECOND_SOURCE == address(0)) return;
        (bool agree, uint256 secondE36) = _compare(primaryE36);
        if (agree) return;
        Disagreement memory noted = disagreement;
        uint256 clockStart = _isRunning(noted) ? noted.since : block.timestamp;
        uint256 releasedAt = clockStart + DISAGREEMENT_CAP;
        require(block.timestamp >= releasedAt, SourcesDisagree(primaryE36, secondE36, releasedAt));
    }

    /// @return since start of the disagreement's clock
    /// @return secondE36 the second source's price, 0 where it failed to answer
    function _note(uint256 primaryE36) internal returns (uint64 since, uint256 secondE36) {
        require(SECOND_SOURCE != address(0), NoSecondSource());
        bool agree;
        (agree, secondE36) = _compare(primaryE36);
        require(!agree, SourcesAgree(primaryE36, secondE36, DISAGREEMENT_LIMIT_WAD));
        Disagreement memory noted = disagreement;
        since = _isRunning(noted) ? noted.since : uint64(block.timestamp);
        disagreement = Disagreement({since: since, lastSeen: uint64(block.timestamp)});
    }

    function _isRunning(Disagreement memory noted) private view returns (bool) {
        return noted.since != 0 && block.timestamp - noted.lastSeen <= LONGEST_SILENCE;
    }

    function _compare(uint256 primaryE36) private view returns (bool agree, uint256 secondE36) {
        bool ok;
        (ok, secondE36) = SECOND_SOURCE.tryPrice();
        uint256 apart = primaryE36 > secondE36 ? primaryE36 - secondE36 : secondE36 - primaryE36;
        agree = ok && apart <= Math.mulDiv(primaryE36, DISAGREEMENT_LIMIT_WAD, WAD);
    }
}
