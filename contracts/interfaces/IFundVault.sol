// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {TrancheClass} from "./IPoolLedger.sol";
import {ITranche} from "./ITranche.sol";

/// @title One ERC-4626 share in a book of facilities: cash, and shares of their senior tranches.
/// @notice The curator names tranches of the same asset and caps how much of the fund each may hold; raising a cap waits for the
/// curator's delay, lowering one does not. Within the caps nobody decides: anyone may put idle cash to work, in the order in
/// which tranches were added, and bring back what exceeds a cap. Whoever leaves is paid from idle cash, then from the tranche
/// added last; where these have none, shares are redeemed in kind, which asks nobody.
/// Whoever enters pays for the fund's tranches as if no loss were expected of them; whoever leaves is paid what they are worth.
/// Senior tranches only: a fund's shares leave at once, and what first-loss classes own must not. It would let one enter for a
/// moment to share in late charges, or leave before a loss on the cash of others.
/// @dev Decimals are the asset's plus 6. Tokens and tranche shares sent by mistake change nothing. While an action is half
/// done, what shares are worth and what can be paid cannot be asked.
interface IFundVault is IERC4626 {
    event CapSet(address indexed tranche, uint256 cap);
    event Allocated(address indexed tranche, uint256 assets, uint256 shares);
    event Recalled(address indexed tranche, uint256 assets, uint256 shares);
    event RedeemedInKind(
        address indexed caller,
        address indexed receiver,
        address indexed owner,
        uint256 shares,
        uint256 assets
    );

    /// @notice Not the tranche of any facility of the fund's loan managers.
    error NotATranche(address tranche);
    error NotSenior(address tranche, TrancheClass class);
    error OtherAsset(address tranche, address expected, address found);
    error TooManyTranches(uint256 most);
    error NotHeld(address tranche);
    error CapNotLower(uint256 current, uint256 requested);
    /// @notice The fund lost everything while more shares than dust are out: new money would pay the old loss.
    error WipedOut(uint256 sharesOutstanding);
    /// @notice More than may still be minted: the fund has lost so much that its shares are worth next to nothing, and takes no new
    /// money.
    error TooManyShares(uint256 shares, uint256 most);
    error NothingReceived(uint256 assets, uint256 shares);
    /// @notice The fund's tranches cannot pay this much now; redeemInKind can be used.
    error NotEnoughCash(uint256 requested, uint256 available);
    error HalfDone();

    // ---- settings ----

    /// @notice Curator, delayed. Caps what the fund may hold of a senior tranche, and adds it where it is new.
    /// @param cap units of the asset; interest may carry a holding above it
    function setCap(ITranche tranche, uint256 cap) external;

    /// @notice Guardian, at once. @param cap less than now
    function lowerCap(ITranche tranche, uint256 cap) external;

    // ---- for anyone ----

    /// @notice Puts idle cash into the tranches, in order, up to their caps; not into one of which a loss is expected, as its
    /// shares cost more than they are worth. @return allocated units of the asset
    function allocate() external returns (uint256 allocated);

    /// @notice Brings what exceeds a tranche's cap back to idle cash, as far as its pool has cash. A tranche capped at 0 of which
    /// nothing but dust is left is forgotten; one that lost everything is not, as its pool can earn again.
    /// @return recalled units of the asset
    function recall(ITranche tranche) external returns (uint256 recalled);

    /// @notice Burns shares for their part of everything the fund holds: cash and tranche shares, each rounded down. Asks no
    /// gate, no price and no tranche, so it works whatever these do.
    function redeemInKind(uint256 shares, address receiver, address owner) external returns (uint256 assets);

    // ---- views ----

    function gate() external view returns (address);
    /// @notice Whether the fund may hold tranches of that loan manager's facilities.
    function isManager(address manager) external view returns (bool);
    /// @notice Cash that is in no tranche.
    function idle() external view returns (uint256);
    /// @notice Cash that leavers can have now: idle, and what the tranches can pay.
    function available() external view returns (uint256);
    function tranches() external view returns (ITranche[] memory);
    function capOf(ITranche tranche) external view returns (uint256);
    /// @notice Shares of a tranche that belong to the fund.
    function heldOf(ITranche tranche) external view returns (uint256);
}
