// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TransientSlot} from "@openzeppelin/contracts/utils/TransientSlot.sol";
import {IFacilities} from "../interfaces/IFacilities.sol";

/// @title One lock a facility, for the length of an action; transient, so that it cannot stay behind.
abstract contract FacilityLock {
    using TransientSlot for *;

    /// @dev Locks stand at this slot + facility; the hash keeps them clear of anything else.
    uint256 private constant LOCKS = uint256(keccak256("ballast.FacilityLock")) & ~uint256(type(uint32).max);

    function _lock(uint32 facility) internal {
        _requireUnlocked(facility);
        _slot(facility).tstore(true);
    }

    function _unlock(uint32 facility) internal {
        _slot(facility).tstore(false);
    }

    function _requireUnlocked(uint32 facility) internal view {
        require(!_isLocked(facility), IFacilities.FacilityLocked(facility));
    }

    function _isLocked(uint32 facility) internal view returns (bool) {
        return _slot(facility).tload();
    }

    function _slot(uint32 facility) private pure returns (TransientSlot.BooleanSlot) {
        return bytes32(LOCKS | facility).asBoolean();
    }
}
