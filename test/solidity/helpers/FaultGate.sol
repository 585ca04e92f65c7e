// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICompliance, NewRisk} from "../../../contracts/interfaces/ICompliance.sol";

/// @notice A gate that answers as the test says, sensibly or not.
contract FaultGate is ICompliance {
    enum Manner {
        Answers, // with `reason`
        Reverts,
        RevertsWithZero, // 32 bytes of nothing: a revert that looks like a yes
        AnswersNothing,
        AnswersShort, // 31 zero bytes
        AnswersLong, // 64 zero bytes
        AnswersHuge, // 256 KiB of zeros
        BurnsGas
    }

    Manner public manner;
    uint256 public reason;
    /// @notice The only action refused, where `oneActionOnly`.
    NewRisk public refused;
    bool public oneActionOnly;

    function set(Manner manner_, uint256 reason_) external {
        (manner, reason, oneActionOnly) = (manner_, reason_, false);
    }

    function refuseOnly(NewRisk action, uint256 reason_) external {
        (manner, reason, refused, oneActionOnly) = (Manner.Answers, reason_, action, true);
    }

    /// @inheritdoc ICompliance
    function check(address, NewRisk action) external view returns (uint256) {
        if (manner == Manner.Reverts) revert("gate is out of order");
        if (manner == Manner.RevertsWithZero) _end(false, 32);
        if (manner == Manner.AnswersNothing) _end(true, 0);
        if (manner == Manner.AnswersShort) _end(true, 31);
        if (manner == Manner.AnswersLong) _end(true, 64);
        if (manner == Manner.AnswersHuge) _end(true, 0x40000);
        while (manner == Manner.BurnsGas) {}
        return oneActionOnly && action != refused ? 0 : reason;
    }

    function _end(bool success, uint256 length) private pure {
        assembly ("memory-safe") {
            // Beyond the free pointer, where memory is zero.
            let at := mload(0x40)
            if success {
                return(at, length)
            }
            revert(at, length)
        }
    }
}
